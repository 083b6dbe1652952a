import { type ParseArgsConfig, parseArgs } from 'node:util';
import type { Command, Given } from './command.ts';
import { UsageError } from './failure.ts';
import { globalFlags, globalOptions } from './global-options.ts';

export interface ParsedCommandLine {
  /** Absent when only help or the version is asked for, or nothing at all. */
  command?: Command;
  /** The words that were given before or instead of a command, for the help of a group. */
  words: string;
  given: Given<string, string, string, string>;
  /** Options and flags of every command. */
  api: string | undefined;
  isJson: boolean;
  mayOpen: boolean;
  wantsHelp: boolean;
  wantsVersion: boolean;
}

type Options = NonNullable<ParseArgsConfig['options']>;

const optionsOf = (commands: readonly Command[]): Options => {
  const options: Options = {};
  const everywhere: Pick<Command, 'options' | 'flags' | 'lists'> = {
    options: globalOptions,
    flags: globalFlags,
  };
  for (const { options: texts, flags, lists = {} } of [everywhere, ...commands]) {
    for (const name of Object.keys(texts)) options[name] = { type: 'string' };
    for (const name of Object.keys(flags)) options[name] = { type: 'boolean' };
    for (const name of Object.keys(lists)) options[name] = { type: 'string', multiple: true };
  }
  return options;
};

/** The command whose words the line begins with; of two the longer one. */
const findCommand = (commands: readonly Command[], positionals: readonly string[]): Command | undefined =>
  commands
    .filter(({ words }) => words.split(' ').every((word, at) => positionals[at] === word))
    .toSorted((a, b) => b.words.length - a.words.length)[0];

const isGroup = (commands: readonly Command[], word: string): boolean =>
  commands.some(({ words }) => words.startsWith(`${word} `));

/** Node's own sentence without its advice, which is about other programs. */
function parseStrictly(args: readonly string[], options: Options, command: string | undefined) {
  try {
    return parseArgs({ args: [...args], options, strict: true, allowPositionals: true });
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    const [sentence = ''] = error.message.split('. ');
    throw new UsageError(sentence.split('\n')[0] ?? sentence, command);
  }
}

function argumentsOf(command: Command, positionals: readonly string[]): Record<string, string> {
  const names = Object.keys(command.arguments);
  const given = positionals.slice(command.words.split(' ').length);
  const missing = names[given.length];
  if (missing !== undefined) throw new UsageError(`<${missing}> is missing`, command.words);
  if (given.length > names.length)
    throw new UsageError(`unexpected argument '${given[names.length]}'`, command.words);
  for (const [at, name] of names.entries())
    if (given[at] === '') throw new UsageError(`<${name}> is empty`, command.words);
  return Object.fromEntries(names.map((name, at) => [name, given[at] ?? '']));
}

/** Throws `UsageError`. `args` are those after the program's own name. */
export function parseCommandLine(commands: readonly Command[], args: readonly string[]): ParsedCommandLine {
  // Options may stand before the words of the command, and which there are depends on it: so it is read twice.
  const loose = parseArgs({
    args: [...args],
    options: optionsOf(commands),
    strict: false,
    allowPositionals: true,
  });
  const command = findCommand(commands, loose.positionals);
  const parsed = parseStrictly(args, optionsOf(command ? [command] : []), command?.words);
  const text = (name: string) => {
    const value = parsed.values[name];
    return typeof value === 'string' ? value : undefined;
  };
  const all = (name: string) => {
    const values = parsed.values[name];
    return Array.isArray(values) ? values.map(String) : [];
  };
  const isSet = (name: string) => parsed.values[name] === true;
  const wantsHelp = isSet('help');
  const [first] = parsed.positionals;
  if (!command && first !== undefined) {
    const group = isGroup(commands, first);
    if (!group) throw new UsageError(`there is no command '${first}'`);
    if (!wantsHelp) throw new UsageError(`'${first}' needs one more word`, first);
  }
  return {
    ...(command && { command }),
    words: command?.words ?? first ?? '',
    given: {
      arguments: command && !wantsHelp ? argumentsOf(command, parsed.positionals) : {},
      options: pick(command?.options, text),
      flags: pick(command?.flags, isSet),
      lists: pick(command?.lists, all),
    },
    api: text('api'),
    isJson: isSet('json'),
    mayOpen: !isSet('no-open'),
    wantsHelp,
    wantsVersion: isSet('version'),
  };
}

function pick<T>(
  declared: object | undefined,
  read: (name: string) => T | undefined,
): Record<string, NonNullable<T>> {
  return Object.fromEntries(
    Object.keys(declared ?? {}).flatMap((name) => {
      const value = read(name);
      return value === undefined || value === null ? [] : [[name, value]];
    }),
  );
}

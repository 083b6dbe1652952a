import { type ParseArgsConfig, parseArgs } from 'node:util';
import type { Command, Given } from './command.ts';
import { UsageError } from './failure.ts';
import { globalFlags, globalOptions } from './global-options.ts';
import { helpTopics } from './help.ts';
import { nearest } from './nearest-command.ts';

export interface ParsedCommandLine {
  /** Absent when only help or the version is asked for, or nothing at all. */
  command?: Command;
  /** The words that were given before or instead of a command, for the help of a group. */
  words: string;
  given: Given<string, string, string, string>;
  /** Options and flags of every command. */
  api: string | undefined;
  isJson: boolean;
  isQuiet: boolean;
  /** Milliseconds. */
  timeoutMs: number | undefined;
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

function argumentsOf(
  command: Command,
  positionals: readonly string[],
): Pick<ParsedCommandLine['given'], 'arguments' | 'optional'> {
  const names = Object.keys(command.arguments);
  const all = [...names, ...Object.keys(command.optional ?? {})];
  const given = positionals.slice(command.words.split(' ').length);
  const missing = names[given.length];
  if (missing !== undefined) throw new UsageError(`<${missing}> is missing`, command.words);
  if (given.length > all.length)
    throw new UsageError(`unexpected argument '${given[all.length]}'`, command.words);
  const read = all.slice(0, given.length).map((name, at) => [name, given[at] ?? ''] as const);
  for (const [name, value] of read)
    if (value === '') throw new UsageError(`<${name}> is empty`, command.words);
  return {
    arguments: Object.fromEntries(read.slice(0, names.length)),
    optional: Object.fromEntries(read.slice(names.length)),
  };
}

const longestTimeoutS = 7 * 86_400;

function timeoutOf(text: string | undefined, command: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const seconds = Number(text);
  if (/^\d{1,6}(\.\d{1,3})?$/.test(text) && seconds > 0 && seconds <= longestTimeoutS) return seconds * 1000;
  throw new UsageError(`--timeout must be seconds, at most ${longestTimeoutS}`, command);
}

/** `help <words>` is `<words> --help`. */
const helpWord = 'help';

/** What the words before a command, or instead of one, ask for. Throws `UsageError` for words that mean nothing. */
function wordsOf(commands: readonly Command[], positionals: readonly string[], wantsHelp: boolean): string {
  const [first] = positionals;
  if (first === undefined || (wantsHelp && Object.hasOwn(helpTopics, first))) return first ?? '';
  const group = isGroup(commands, first);
  if (!group) throw new UsageError(`there is no command '${first}'${nearest(commands, first)}`);
  if (!wantsHelp) throw new UsageError(`'${first}' needs one more word`, first);
  return first;
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
  const isHelp = loose.positionals[0] === helpWord;
  const command = findCommand(commands, loose.positionals.slice(isHelp ? 1 : 0));
  const parsed = parseStrictly(args, optionsOf(command ? [command] : []), command?.words);
  const positionals = parsed.positionals.slice(isHelp ? 1 : 0);
  const text = (name: string) => {
    const value = parsed.values[name];
    return typeof value === 'string' ? value : undefined;
  };
  const all = (name: string) => {
    const values = parsed.values[name];
    return Array.isArray(values) ? values.map(String) : [];
  };
  const isSet = (name: string) => parsed.values[name] === true;
  const wantsHelp = isHelp || isSet('help');
  return {
    ...(command && { command }),
    words: command?.words ?? wordsOf(commands, positionals, wantsHelp),
    given: {
      ...(command && !wantsHelp ? argumentsOf(command, positionals) : { arguments: {}, optional: {} }),
      options: pick(command?.options, text),
      flags: pick(command?.flags, isSet),
      lists: pick(command?.lists, all),
    },
    api: text('api'),
    isJson: isSet('json'),
    isQuiet: isSet('quiet'),
    timeoutMs: timeoutOf(text('timeout'), command?.words),
    mayOpen: !isSet('no-browser'),
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

import type { Command, Option } from '../command.ts';
import { globalFlags, globalOptions } from '../global-options.ts';

/** A command line that is still being typed. */
export interface TypedLine {
  /** The word under the cursor, as far as it is typed. */
  current: string;
  /** What stands before it and is no option. */
  positionals: string[];
  command: Command | undefined;
  /** How many of the positionals are the command's words. */
  wordCount: number;
  /** The option whose value is being typed. */
  valueOf: { name: string; option: Option; prefix: string } | undefined;
  /** Options and flags that were given. */
  given: ReadonlySet<string>;
  /** Values of options, by name. */
  values: ReadonlyMap<string, string>;
  isPastDashes: boolean;
  /** It began with `help`, which is not among the positionals. */
  isHelp: boolean;
}

const commandOf = (commands: readonly Command[], positionals: readonly string[]): Command | undefined =>
  commands
    .filter(({ words }) => words.split(' ').every((word, at) => positionals[at] === word))
    .toSorted((a, b) => b.words.length - a.words.length)[0];

/** Every option that has a value, of all commands: one name has one meaning. */
function valueOptions(commands: readonly Command[]): Map<string, Option> {
  const all = [globalOptions, ...commands.flatMap(({ options, lists = {} }) => [options, lists])];
  return new Map(all.flatMap((options) => Object.entries<Option>(options)));
}

/** Bash gives `--port=1` as three words. */
function joined(words: readonly string[]): string[] {
  const lines: string[] = [];
  for (const [at, word] of words.entries()) {
    if (word === '=' && lines.at(-1)?.startsWith('--') && at === words.length - 1) lines.push('');
    else if (!(word === '=' && lines.at(-1)?.startsWith('--'))) lines.push(word);
  }
  return lines;
}

/** Reads what was typed as far as it goes; nothing is an error yet. */
export function readTypedLine(commands: readonly Command[], typed: readonly string[]): TypedLine {
  const words = joined(typed);
  const current = words.at(-1) ?? '';
  const options = valueOptions(commands);
  const positionals: string[] = [];
  const given = new Set<string>();
  const values = new Map<string, string>();
  let waiting: string | undefined;
  let isPastDashes = false;
  for (const word of words.slice(0, -1)) {
    if (waiting !== undefined) {
      values.set(waiting, word);
      waiting = undefined;
    } else if (isPastDashes || !word.startsWith('-') || word === '-') {
      positionals.push(word);
    } else if (word === '--') {
      isPastDashes = true;
    } else {
      const [name = '', value] = word.slice(2).split(/=(.*)/s);
      given.add(name);
      if (value !== undefined) values.set(name, value);
      else if (options.has(name)) waiting = name;
    }
  }
  // `help connect` is completed as `connect`.
  const isHelp = positionals[0] === 'help';
  const said = isHelp ? positionals.slice(1) : positionals;
  const command = commandOf(commands, said);
  const [typedName = ''] = current.slice(2).split('=');
  const inOne = !isPastDashes && current.startsWith('--') && current.includes('=') ? typedName : undefined;
  const name = waiting ?? inOne;
  const option = name === undefined ? undefined : options.get(name);
  return {
    current: inOne === undefined ? current : current.slice(inOne.length + 3),
    positionals: said,
    command,
    wordCount: command?.words.split(' ').length ?? 0,
    valueOf:
      name === undefined || !option
        ? undefined
        : { name, option, prefix: inOne === undefined ? '' : `--${inOne}=` },
    given,
    values,
    isPastDashes,
    isHelp,
  };
}

export const everywhere = { options: globalOptions, flags: globalFlags };

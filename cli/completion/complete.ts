import type { Command, CommandContext } from '../command.ts';
import { commandTable } from '../command-table.ts';
import { helpTopics } from '../help.ts';
import { offerIds, offerMachines } from './offer-names.ts';
import { completionScripts } from './scripts.ts';
import { everywhere, readTypedLine, type TypedLine } from './typed-line.ts';

type Candidate = readonly [text: string, meaning: string];

/** Milliseconds that the Tab key may take for names. */
const patienceMs = 1_500;

/** The shell completes paths by itself. */
const files: readonly Candidate[] = [[':files', '']];

/** Words that may follow those that are there. */
function wordCandidates({ positionals, isHelp }: TypedLine): Candidate[] {
  const fitting = commandTable.filter(({ words }) =>
    positionals.every((word, at) => words.split(' ')[at] === word),
  );
  const found = new Map<string, string>();
  for (const { words, summary } of fitting) {
    const [next, ...more] = words.split(' ').slice(positionals.length);
    if (next !== undefined && (more.length === 0 || !found.has(next)))
      found.set(next, more.length === 0 ? summary : `${next} …`);
  }
  if (positionals.length === 0 && !isHelp) found.set('help', 'what a command does and takes');
  return [...found];
}

function optionCandidates({ command, given }: TypedLine): Candidate[] {
  const own = [everywhere, ...(command ? [command] : [])];
  const lists = Object.keys(command?.lists ?? {});
  return own
    .flatMap(
      ({ options, flags, lists: more = {} }: Pick<Command, 'options' | 'flags' | 'lists'>): Candidate[] => [
        ...Object.entries({ ...options, ...more }).map(
          ([name, { meaning }]): Candidate => [`--${name}`, meaning],
        ),
        ...Object.entries(flags).map(([name, meaning]): Candidate => [`--${name}`, meaning]),
      ],
    )
    .filter(([name]) => !given.has(name.slice(2)) || lists.includes(name.slice(2)));
}

/** What the argument that is being typed may be. */
async function argumentCandidates(
  line: TypedLine,
  command: Command,
  context: () => CommandContext,
): Promise<readonly Candidate[]> {
  const names = [...Object.keys(command.arguments), ...Object.keys(command.optional ?? {})];
  const before = line.positionals.slice(line.wordCount);
  const name = names[before.length];
  const named = (texts: readonly string[], meaning: string) =>
    texts.map((text): Candidate => [text, meaning]);
  if (name === 'machine') return named(await offerMachines(context(), line.current), 'machine');
  if (name === 'shell') return named(Object.keys(completionScripts), 'shell');
  if (name === 'session id' || name === 'lease id') return offerIds(context(), name, before[0] ?? '');
  return [];
}

async function candidates(line: TypedLine, context: () => CommandContext): Promise<readonly Candidate[]> {
  const { command, valueOf, current, isPastDashes } = line;
  if (valueOf) {
    const { option, prefix } = valueOf;
    if (option.isPath) return prefix === '' ? files : [];
    return (option.choices ?? []).map((choice): Candidate => [`${prefix}${choice}`, option.meaning]);
  }
  if (current.startsWith('-') && !isPastDashes) return optionCandidates(line);
  const words = isPastDashes ? [] : wordCandidates(line);
  const values = command && !line.isHelp ? await argumentCandidates(line, command, context) : [];
  return [...words, ...(line.isHelp && line.positionals.length === 0 ? topics : values)];
}

const topics = Object.keys(helpTopics).map((topic): Candidate => [topic, 'help']);

/**
 * Lines `candidate TAB meaning` for the last of `words`, which is being typed. Names come from the control plane with
 * the token at hand, within a moment; nobody is asked for anything.
 */
export async function complete(
  words: readonly string[],
  contextFor: (api: string | undefined, signal: AbortSignal) => CommandContext,
): Promise<string[]> {
  const line = readTypedLine(commandTable, words);
  const context = () => contextFor(line.values.get('api'), AbortSignal.timeout(patienceMs));
  const found = await candidates(line, context);
  const typed = `${line.valueOf?.prefix ?? ''}${line.current}`.toLowerCase();
  return found
    .filter(([text]) => text.startsWith(':') || text.toLowerCase().startsWith(typed))
    .map(([text, meaning]) => `${text}\t${meaning}`);
}

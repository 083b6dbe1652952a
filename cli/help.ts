import { programName } from './about.ts';
import type { Command } from './command.ts';
import type { CommandSection } from './command-table.ts';
import { exitCodes } from './exit-codes.ts';
import { environmentVariables, globalFlags, globalOptions } from './global-options.ts';
import { cutToWidth } from './text/width.ts';
import { wrapWords } from './text/wrap.ts';

type Row = readonly [string, string];

/** What stands left of the meanings is no wider, so that they begin in one column on most terminals. */
const widestName = 46;

interface Layout {
  /** Columns of the terminal; absent on a pipe. */
  room?: number | undefined;
  /** One line each: what is cut is read in the help of its own. */
  isOverview?: boolean;
}

function section(title: string, rows: readonly Row[], { room, isOverview = false }: Layout = {}): string {
  if (rows.length === 0) return '';
  const width = Math.min(widestName, Math.max(...rows.map(([name]) => name.length)));
  const indent = ' '.repeat(width + 4);
  const meaningOf = (meaning: string): string =>
    isOverview && room !== undefined
      ? cutToWidth(meaning, Math.max(0, room - indent.length))
      : wrapWords(meaning, indent, room).join('\n').trimStart();
  const line = ([name, meaning]: Row) =>
    name.length > width
      ? `  ${name}\n${indent}${meaningOf(meaning)}`
      : `  ${name.padEnd(width)}  ${meaningOf(meaning)}`;
  return `\n${title}\n${rows.map(line).join('\n')}\n`;
}

export const argumentsOf = (command: Pick<Command, 'arguments' | 'optional'>): string =>
  [
    ...Object.keys(command.arguments).map((name) => ` <${name}>`),
    ...Object.keys(command.optional ?? {}).map((name) => ` [${name}]`),
  ].join('');

export const optionRows = ({
  options,
  flags,
  lists = {},
}: Pick<Command, 'options' | 'flags' | 'lists'>): Row[] => [
  ...Object.entries({ ...options, ...lists }).map(
    ([name, { value, meaning }]): Row => [`--${name} ${value}`, meaning],
  ),
  ...Object.entries(flags).map(([name, meaning]): Row => [`--${name}`, meaning]),
];

const exampleLine = (line: string): string => `  ${programName} ${line}\n`;

const everywhere = optionRows({ options: globalOptions, flags: globalFlags });
const exitRows = Object.values(exitCodes).map(({ code, meaning }): Row => [String(code), meaning]);

const commandRow = (command: Command): Row => [`${command.words}${argumentsOf(command)}`, command.summary];

/** What there is to read beside the commands: `help <topic>`. */
export const helpTopics: Readonly<Record<string, () => string>> = {
  'exit-codes': () => section('Exit codes', exitRows).trimStart(),
  environment: () => section('Environment', Object.entries(environmentVariables)).trimStart(),
};

/** The help of the program. */
export const renderProgramHelp = (sections: readonly CommandSection[], room?: number): string =>
  [
    `Usage: ${programName} <command> [options]\n`,
    ...sections.map(({ title, commands }) =>
      section(title, commands.map(commandRow), { room, isOverview: true }),
    ),
    section('Options', everywhere, { room }),
    section('Environment', Object.entries(environmentVariables), { room }),
    section('Exit codes', exitRows, { room }),
    `\n${programName} <command> --help tells more about one, with examples.\n`,
  ].join('');

/** The help of a group of commands: those that begin with `group`. */
export function renderGroupHelp(commands: readonly Command[], group: string, room?: number): string {
  const listed = commands.filter(({ words }) => words.startsWith(`${group} `));
  const examples = listed.flatMap((command) => command.examples?.slice(0, 1) ?? []);
  return [
    `Usage: ${programName} ${group} <command> [options]\n`,
    section('Commands', listed.map(commandRow), { room }),
    ...(examples.length > 0 ? [`\nExamples\n${examples.map(exampleLine).join('')}`] : []),
    section('Options', everywhere, { room }),
    `\n${programName} ${group} <command> --help tells more about one.\n`,
  ].join('');
}

export function renderCommandHelp(command: Command, room?: number): string {
  const said = (sentence: string) => `${wrapWords(sentence, '', room).join('\n')}\n`;
  const own = optionRows(command).length > 0 ? ' [options]' : '';
  return [
    `Usage: ${programName} ${command.words}${argumentsOf(command)}${own}\n`,
    `\n${said(`${command.summary[0]?.toUpperCase() ?? ''}${command.summary.slice(1)}.`)}`,
    ...(command.notes ?? []).map(said),
    section(
      'Arguments',
      [...Object.entries(command.arguments), ...Object.entries(command.optional ?? {})].map(
        ([name, meaning]): Row => [name in command.arguments ? `<${name}>` : `[${name}]`, meaning],
      ),
      { room },
    ),
    section('Options', [...optionRows(command), ...everywhere], { room }),
    ...(command.examples ? [`\nExamples\n${command.examples.map(exampleLine).join('')}`] : []),
    section('Exit codes', exitRows, { room }),
  ].join('');
}

import { programName } from './about.ts';
import type { Command } from './command.ts';
import { exitCodes } from './exit-codes.ts';
import { environmentVariables, globalFlags, globalOptions } from './global-options.ts';

type Row = readonly [string, string];

function section(title: string, rows: readonly Row[]): string {
  if (rows.length === 0) return '';
  const width = Math.max(...rows.map(([name]) => name.length));
  return `\n${title}\n${rows.map(([name, meaning]) => `  ${name.padEnd(width)}  ${meaning}`).join('\n')}\n`;
}

const argumentsOf = (command: Command): string =>
  Object.keys(command.arguments)
    .map((name) => ` <${name}>`)
    .join('');

const optionRows = ({ options, flags, lists = {} }: Pick<Command, 'options' | 'flags' | 'lists'>): Row[] => [
  ...Object.entries({ ...options, ...lists }).map(
    ([name, { value, meaning }]): Row => [`--${name} ${value}`, meaning],
  ),
  ...Object.entries(flags).map(([name, meaning]): Row => [`--${name}`, meaning]),
];

const exampleLine = (line: string): string => `  ${programName} ${line}\n`;

const everywhere = optionRows({ options: globalOptions, flags: globalFlags });
const exitRows = Object.values(exitCodes).map(({ code, meaning }): Row => [String(code), meaning]);

/** The help of the program, or of a group of commands: those that begin with `group`. */
export function renderProgramHelp(commands: readonly Command[], group = ''): string {
  const listed = group === '' ? commands : commands.filter(({ words }) => words.startsWith(`${group} `));
  const name = group === '' ? programName : `${programName} ${group}`;
  return [
    `Usage: ${name} <command> [options]\n`,
    section(
      'Commands',
      listed.map((command): Row => [`${command.words}${argumentsOf(command)}`, command.summary]),
    ),
    section('Options', everywhere),
    section('Environment', Object.entries(environmentVariables)),
    section('Exit codes', exitRows),
    `\n${programName} <command> --help tells more about one.\n`,
  ].join('');
}

export function renderCommandHelp(command: Command): string {
  const own = optionRows(command).length > 0 ? ' [options]' : '';
  return [
    `Usage: ${programName} ${command.words}${argumentsOf(command)}${own}\n`,
    `\n${command.summary[0]?.toUpperCase() ?? ''}${command.summary.slice(1)}.\n`,
    ...(command.notes ?? []).map((note) => `${note}\n`),
    section(
      'Arguments',
      Object.entries(command.arguments).map(([name, meaning]): Row => [`<${name}>`, meaning]),
    ),
    section('Options', [...optionRows(command), ...everywhere]),
    ...(command.examples ? [`\nExamples\n${command.examples.map(exampleLine).join('')}`] : []),
    section('Exit codes', exitRows),
  ].join('');
}

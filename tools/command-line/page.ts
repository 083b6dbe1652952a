import type { Command } from '#cli/command.ts';
import type { CommandSection } from '#cli/command-table.ts';
import { argumentsOf, optionRows } from '#cli/help.ts';
import { cell, markdownTable } from '../markdown-table.ts';

export interface CommandLineFacts {
  program: string;
  sections: readonly CommandSection[];
  everywhere: Pick<Command, 'options' | 'flags'>;
  environment: Readonly<Record<string, string>>;
  exitCodes: readonly { code: number; meaning: string }[];
}

const sentence = (text: string): string => `${text[0]?.toUpperCase() ?? ''}${text.slice(1)}.`;
const code = (text: string): string => `\`${text}\``;
const table = (headings: readonly string[], rows: readonly (readonly [string, string])[]): string[] =>
  rows.length === 0
    ? []
    : [
        ...markdownTable(
          headings,
          rows.map(([name, meaning]) => [code(name), cell(meaning)]),
        ),
        '',
      ];

const argumentRows = ({ arguments: needed, optional = {} }: Command): [string, string][] => [
  ...Object.entries(needed).map(([name, meaning]): [string, string] => [`<${name}>`, meaning]),
  ...Object.entries(optional).map(([name, meaning]): [string, string] => [`[${name}]`, meaning]),
];

function commandPart(command: Command, program: string): string[] {
  const rows = [...argumentRows(command), ...optionRows(command)];
  const examples = command.examples ?? [];
  return [
    `### \`${program} ${command.words}${argumentsOf(command)}\``,
    '',
    cell(sentence(command.summary)),
    '',
    ...(command.notes ?? []).flatMap((note) => [cell(note), '']),
    ...table(['given', 'meaning'], rows),
    ...(examples.length > 0 ? ['```sh', ...examples.map((line) => `${program} ${line}`), '```', ''] : []),
  ];
}

/** The part of `docs/command-line.md` that follows from the table of commands, as the formatter writes it. */
export const commandLineReference = (facts: CommandLineFacts): string[] => [
  '## Exit codes',
  '',
  ...table(
    ['code', 'meaning'],
    facts.exitCodes.map(({ code: number, meaning }) => [String(number), meaning]),
  ),
  '## Environment',
  '',
  ...table(['variable', 'meaning'], Object.entries(facts.environment)),
  '## Options of every command',
  '',
  ...table(['option', 'meaning'], optionRows(facts.everywhere)),
  ...facts.sections.flatMap(({ title, commands }) => [
    `## ${title}`,
    '',
    ...commands.flatMap((command) => commandPart(command, facts.program)),
  ]),
];

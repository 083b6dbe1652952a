import { cell, markdownTable } from '../markdown-table.ts';
import type { Setting } from './read-settings.ts';

export interface Program {
  title: string;
  /** A sentence or two. */
  about: string;
  settings: readonly Setting[];
}

const fallbackCell = ({ fallback }: Setting): string =>
  fallback === undefined ? 'needed' : fallback === '' ? '' : `\`${fallback}\``;

const section = ({ title, about, settings }: Program): string[] => [
  `## ${title}`,
  '',
  about,
  '',
  ...markdownTable(
    ['setting', 'where absent', 'what it is'],
    settings.map((one) => [`\`${one.name}\``, fallbackCell(one), cell(one.meaning)]),
  ),
  '',
];

/** `docs/settings.md`, whole, as the formatter writes it. */
export const settingsPage = (programs: readonly Program[]): string =>
  [
    '# Settings',
    '',
    'Every program reads its settings once, from its environment, and ends with every fault in one message when they are',
    'not right; an empty one counts as absent, and one that begins with `ADMIN_CENTER_` and is not known is misspelt and',
    'refused. Secrets are in Key Vault and never here. `local.settings.sample.json` is a start.',
    '',
    'This page is made by `npm run settings` from the schemas that parse the environment: change those.',
    '',
    ...programs.flatMap(section),
  ]
    .join('\n')
    .replace(/\n+$/, '\n');

import type { ErrorRow } from '#shared/domain/errors/row.ts';
import { cell, markdownTable } from '../markdown-table.ts';

/** Failures on the command line's side of the API, each with the name of the exit code that it ends with. */
interface OwnFailures {
  rows: Readonly<
    Record<string, Pick<ErrorRow, 'retryable' | 'title' | 'remedy'> & { hop: string; exit: string }>
  >;
  exitCodes: Readonly<Record<string, { code: number; meaning: string }>>;
}

const yesOrNo = (is: boolean): string => (is ? 'yes' : 'no');
const named = (code: string): string => `<a id="${code}"></a>\`${code}\``;
const byCode = <T>([a]: [string, T], [b]: [string, T]): number => (a < b ? -1 : 1);

function hopSections(table: Readonly<Record<string, ErrorRow>>): string[] {
  const hops = Map.groupBy(Object.entries(table), ([, { hop }]) => hop);
  return [...hops].flatMap(([hop, rows]) => [
    `## ${hop[0]?.toUpperCase()}${hop.slice(1)}`,
    '',
    ...markdownTable(
      ['code', 'status', 'retry', 'what happened', 'what to do next'],
      rows
        .toSorted(byCode)
        .map(([code, { status, retryable, title, remedy }]) => [
          named(code),
          String(status),
          yesOrNo(retryable),
          cell(title),
          cell(remedy),
        ]),
    ),
    '',
  ]);
}

const ownSection = ({ rows, exitCodes }: OwnFailures): string[] => [
  '## Of the command line alone',
  '',
  'What `wacctl` finds before or beside the API has the same members without a status. All else that it prints is the',
  "API's own.",
  '',
  ...markdownTable(
    ['code', 'exit code', 'hop', 'retry', 'what happened', 'what to do next'],
    Object.entries(rows)
      .toSorted(byCode)
      .map(([code, { exit, hop, retryable, title, remedy }]) => [
        named(code),
        String(exitCodes[exit]?.code),
        cell(hop),
        yesOrNo(retryable),
        cell(title),
        cell(remedy),
      ]),
  ),
  '',
];

/** `docs/errors.md`, whole, as the formatter writes it. */
export function errorsPage(table: Readonly<Record<string, ErrorRow>>, own: OwnFailures): string {
  return [
    '# Errors',
    '',
    'Every refusal and every failure has a code of its own. The API answers it as an RFC 9457 problem, an operation or a',
    'session that failed has it in `error`, and the command line prints it. Codes are never renamed.',
    '',
    '- `code` is for programs, `title` and `detail` are for people: `detail` says what happened in this case.',
    '- `hop` is where on the way it failed. Each section below is one hop.',
    '- `remedy` is what to do next. Words in `code` in it are members of the same problem or fields of the request.',
    '- `retryable` says whether the same request may succeed later with nothing changed; then `Retry-After` says when.',
    '- `errors` names each field of the request that is wrong, with a sentence.',
    '- `instance` is the name under which the log of the app has it.',
    '- `type` ends with the code: the part behind `#` is the name of a row of this page.',
    '',
    'This page is made by `npm run errors` from the tables in `shared/domain/errors` and `cli/failure.ts`: change those.',
    '',
    ...hopSections(table),
    ...ownSection(own),
  ]
    .join('\n')
    .replace(/\n+$/, '\n');
}

import { cell, markdownTable } from '../markdown-table.ts';
import { callerNames, type RouteRow, rules, verdictOf } from './who-may-call.ts';

const letIn = '✓';

/** `docs/routes.md`, whole, as the formatter writes it. */
export const routesPage = (table: readonly RouteRow[]): string =>
  `${[
    '# Routes',
    '',
    'Every route and who may call it. A test calls each of them as each of these callers and holds the answers against',
    'this page, so what stands here is what the app does.',
    '',
    '## Who may call',
    '',
    '_Programs_ says whether an application or a managed identity may call with a token of its own; where it may not, it is',
    'refused with `application_not_allowed`.',
    '',
    ...markdownTable(
      ['route', 'who may call', 'programs'],
      table.map(({ call, may, applications }) => [
        `\`${call}\``,
        cell(rules[may].who),
        may === 'anyone' || applications ? 'yes' : may === 'proxy' ? 'the proxies' : 'no',
      ]),
    ),
    '',
    '## What each caller is answered',
    '',
    `${letIn} is let in; a number is the status of the refusal: 401 is nobody, 403 says which right is missing, 404 is as if`,
    'there were no such thing. The reader, the installer, the connecter and the approver have just the rights of that name,',
    'and the first of them; the auditor has the app role `Audit.Read` alone; the application has all of it.',
    '',
    ...markdownTable(
      ['route', ...callerNames],
      table.map((row) => [
        `\`${row.call}\``,
        ...callerNames.map((caller) => {
          const verdict = verdictOf(row, caller);
          return verdict === 'in' ? letIn : String(verdict);
        }),
      ]),
    ),
    '',
    'This page is made by `npm run routes` from `tools/routes/table.ts`: change that.',
  ].join('\n')}\n`;

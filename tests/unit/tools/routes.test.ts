import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { routeTable } from '#tools/routes/table.ts';
import { callerNames, verdictOf } from '#tools/routes/who-may-call.ts';
import { generateRoutes } from '#tools/routes.ts';

const page = readFileSync(new URL('../../../docs/routes.md', import.meta.url), 'utf8');

describe('docs/routes.md', () => {
  it('is what the table makes: run `npm run routes`', () => {
    expect(page === generateRoutes(), 'run `npm run routes` and commit the page').toBe(true);
  });

  it('has each route twice: who may call it, and what each is answered', () => {
    const times = routeTable.map(({ call }) => page.split(`| \`${call}\` `).length - 1);
    expect(times).toEqual(routeTable.map(() => 2));
  });
});

describe('the verdict', () => {
  const all = (row: Parameters<typeof verdictOf>[0]) => callerNames.map((caller) => verdictOf(row, caller));

  it('is one for each caller', () => {
    expect(all({ may: 'anyone' })).toEqual(callerNames.map(() => 'in'));
    expect(all({ may: 'install', applications: true })).toEqual([
      401,
      401,
      401,
      404,
      403,
      'in',
      403,
      403,
      404,
      'in',
      404,
      401,
    ]);
    expect(all({ may: 'connect' })).toEqual([401, 401, 401, 404, 403, 403, 'in', 403, 404, 403, 403, 401]);
    expect(all({ may: 'proxy' })).toEqual([401, 401, 401, 403, 403, 403, 403, 403, 403, 403, 'in', 401]);
    expect(all({ may: 'agent' })).toEqual([...callerNames.slice(1).map(() => 401), 'in']);
  });
});

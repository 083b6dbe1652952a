import { beforeAll, describe, expect, it } from 'vitest';
import { routeTable } from '#tools/routes/table.ts';
import { callerNames, verdictOf } from '#tools/routes/who-may-call.ts';
import { httpFunctions } from '../../support/function-app.ts';
import { registerApp } from '../../support/routes/app.ts';
import { requestTo } from '../../support/routes/requests.ts';
import { openWorld, send } from '../../support/routes/world.ts';

beforeAll(registerApp);

const codes = {
  401: /token_missing|token_invalid|agent_token_invalid/,
  403: /access_denied|lease_own_request|application_not_allowed|enrolment_refused/,
  404: /\w+_not_found/,
} as const;

/** What a caller was told, in the words of the table. */
function verdictIn(status: number, body: unknown): string {
  if (status < 300) return 'in';
  const { code = '' } = JSON.parse(typeof body === 'string' ? body : '{}') as { code?: string };
  const expected = Object.hasOwn(codes, status) ? codes[status as keyof typeof codes] : undefined;
  return expected?.test(code) ? String(status) : `${status} ${code}`;
}

describe('the table of who may call', () => {
  it('has every route of the app, and no other', () => {
    const lines = httpFunctions().map(({ name, route, methods }) => {
      const path = name === 'homePage' ? '' : route;
      return `${name}: ${methods.join()} /${path}`;
    });
    expect(routeTable.map(({ name, call }) => `${name}: ${call}`).toSorted()).toEqual(lines.toSorted());
  });

  it('says of programs what the description of the API says', async () => {
    const { describeApi } = await import('#functions/http/description.ts');
    const { paths } = describeApi() as { paths: Record<string, Record<string, { description?: string }>> };
    const ofPeople = routeTable.filter(({ may }) => !['anyone', 'agent', 'enrolment', 'proxy'].includes(may));
    const wrong = ofPeople.filter(({ call, applications = false }) => {
      const [method = '', path = ''] = call.split(' ');
      const description = paths[path]?.[method.toLowerCase()]?.description ?? '';
      return applications === description.includes('application_not_allowed') || description === '';
    });
    expect(wrong).toEqual([]);
    expect(ofPeople.filter(({ applications }) => !applications).map(({ name }) => name)).toContain('connect');
  });

  it.each(routeTable)('holds for $call', async (row) => {
    const wrong: string[] = [];
    for (const caller of callerNames) {
      const { memory, home } = await openWorld();
      await requestTo(row.name, home, caller).prepare?.(memory);
      const { status, body } = await send(row, caller, home);
      const found = verdictIn(status, body);
      const expected = String(verdictOf(row, caller));
      if (found !== expected) wrong.push(`${caller}: ${found} for ${expected}`);
    }
    expect(wrong).toEqual([]);
  });
});

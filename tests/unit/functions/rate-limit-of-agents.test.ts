import { beforeAll, describe, expect, it } from 'vitest';
import { createRateLimiter, limitsOf } from '#functions/http/rate-limit.ts';
import { routeTable } from '#tools/routes/table.ts';
import type { CallerName } from '#tools/routes/who-may-call.ts';
import { registerApp } from '../../support/routes/app.ts';
import { openWorld, send } from '../../support/routes/world.ts';

beforeAll(registerApp);

/** Statuses of so many calls to a route, where an agent has two a minute and an address three failures. */
async function statuses(name: string, caller: CallerName, count: number): Promise<number[]> {
  const row = routeTable.find((one) => one.name === name);
  if (!row) throw new Error(`no route ${name}`);
  const { memory, home } = await openWorld({ isAlone: true });
  const { settings, now } = memory.ports;
  const limits = { ...limitsOf(settings), agents: 2, failures: 3 };
  memory.ports.limits = createRateLimiter(limits, () => now().getTime());
  const found: number[] = [];
  for (let index = 0; index < count; index += 1) found.push((await send(row, caller, home)).status);
  return found;
}

describe('the calls of an agent', () => {
  it.each(['agentState', 'agentTokens', 'agentCertificate'])('are limited: %s', async (name) => {
    expect(await statuses(name, 'agent', 3)).toEqual([200, 200, 429]);
  });

  it('are limited where it enrols', async () => {
    expect(await statuses('agentEnrolment', 'agent', 3)).toEqual([200, 200, 429]);
  });

  it('use nothing up where it is somebody else who only says so', async () => {
    expect(await statuses('agentState', 'malformed token', 5)).toEqual([401, 401, 401, 429, 429]);
    expect(await statuses('agentEnrolment', 'no token', 5)).toEqual([403, 403, 403, 429, 429]);
  });
});

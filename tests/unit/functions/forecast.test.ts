import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { registerForecast } from '#functions/http/forecast.ts';
import { createManualClock } from '#local/kit/clock.ts';
import { forecastReply } from '#shared/protocol/certificate-api.ts';
import { callFunction } from '../../support/function-app.ts';
import { createMemoryPorts, type MemoryPorts, tenantId } from '../../support/memory-ports.ts';
import { addMachine, administrator, machineId } from '../../support/sample-machine.ts';

const now = Date.parse('2026-10-07T12:00:00.000Z');
const hour = 60 * 60_000;
const iso = (ms: number) => new Date(ms).toISOString();

let memory: MemoryPorts;

beforeAll(() => registerForecast(() => memory.ports));

beforeEach(async () => {
  memory = createMemoryPorts(createManualClock(now));
  memory.callers.set('admin', { ...administrator, tenantId, isApplication: false, roles: [] });
  memory.callers.set('other', {
    id: 'other',
    name: 'other@example.test',
    tenantId,
    isApplication: false,
    roles: [],
  });
  await addMachine(memory);
  const [first] = memory.authorities;
  await memory.budgets.commit(first?.name ?? '', [
    {
      shared: {
        buckets: [],
        closure: { until: iso(now + 2 * hour), reason: 'outage', detail: 'It does not answer.', count: 3 },
      },
      etag: undefined,
    },
    {
      waiter: {
        machineId,
        urgency: 'urgent',
        since: iso(now),
        expiresAt: iso(now + hour),
        turnAt: iso(now + 2 * hour),
        needs: [],
      },
    },
  ]);
});

const ask = (token?: string) =>
  callFunction('getForecast', {
    path: '/api/certificates/forecast',
    headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
  });

describe('GET /api/certificates/forecast', () => {
  it('is for those who are signed in', async () => {
    const { status, body } = await ask();
    expect({ status, body }).toEqual({ status: 401, body: expect.stringContaining('token_missing') });
  });

  it('has every authority with its budget, closure and queue, and what is at risk', async () => {
    const { status, body } = await ask('admin');
    expect(status).toBe(200);
    expect(forecastReply.parse(body)).toEqual(body);
    expect(body).toMatchObject({
      at: iso(now),
      authorities: memory.authorities.map(({ name, authority }, index) => ({
        name,
        authority,
        closed:
          index === 0
            ? { until: iso(now + 2 * hour), reason: 'outage', detail: 'It does not answer.' }
            : null,
        queue: { urgent: index === 0 ? 1 : 0, install: 0, renewal: 0 },
      })),
      lastTurnAt: iso(now + 2 * hour),
      firstAtRisk: { machineId, expiresAt: iso(now + hour), turnAt: iso(now + 2 * hour) },
      atRisk: 1,
    });
  });

  it('names the machine at risk only to those who may see it', async () => {
    expect((await ask('other')).body).toMatchObject({
      firstAtRisk: { machineId: null, expiresAt: iso(now + hour) },
      atRisk: 1,
    });
  });
});

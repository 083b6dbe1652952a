import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createCalls } from '#local/kit/calls.ts';
import { createFaults } from '#local/kit/faults.ts';
import type { StandIn } from '#local/kit/stand-in.ts';
import { type Management, startManagement } from '#local/management/management.ts';
import { createTimeMachine, type TimeMachine } from '#local/management/time-machine.ts';

const token = 'b3BlbiBzZXNhbWU=';

const queues = (): StandIn => ({
  name: 'queues',
  port: 5_671,
  calls: createCalls(),
  faults: createFaults(),
  operations: ['send', 'rules/put'],
  faultKinds: ['status', 'delayMs', 'lockLost'],
  inspect: () => [{ title: 'Queues', columns: ['name', 'active'], rows: [['orders', 3]] }],
  close: async () => {},
});

describe('the management API', () => {
  let folder: string;
  let management: Management;
  let timeMachine: TimeMachine | undefined;
  let standIn: StandIn;

  async function start(mode: 'system' | 'manual') {
    timeMachine = mode === 'manual' ? await createTimeMachine(join(folder, 'clock.json')) : undefined;
    management = await startManagement({ port: 0, token, standIns: [standIn], timeMachine });
  }
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'management-'));
    standIn = queues();
  });
  afterEach(async () => {
    await management.close();
    await timeMachine?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  async function ask(method: string, path: string, body?: unknown, bearer = token) {
    const response = await fetch(management.url + path, {
      method,
      headers: { authorization: `Bearer ${bearer}` },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    return [response.status, text === '' ? undefined : (JSON.parse(text) as unknown)] as const;
  }
  const refusal = async (method: string, path: string, body?: unknown) => {
    const [status, reply] = await ask(method, path, body);
    const { error } = reply as { error: { code: string; message: string } };
    return `${status} ${error.code}: ${error.message}`;
  };

  it('lets nobody in without its token, and no page of another name', async () => {
    await start('system');
    expect((await ask('GET', '/status', undefined, 'b3BlbiBzZXNhbWU'))[0]).toBe(401);
    const bare = await fetch(`${management.url}/status`);
    expect([bare.status, bare.headers.get('www-authenticate')]).toEqual([401, 'Bearer realm="management"']);
    const elsewhere = management.url.replace('127.0.0.1', 'evil.localhost');
    expect((await fetch(`${elsewhere}/`)).status).toBe(421);
  });

  it('says of each service where it is, how often it was called, its last error and what it holds', async () => {
    await start('system');
    standIn.calls.add('send');
    standIn.calls.failed('send', 'amqp:not-found');
    expect(await ask('GET', '/status')).toEqual([
      200,
      {
        clock: { mode: 'system', now: expect.stringMatching(/^\d{4}-.+Z$/), offsetMs: 0, followers: 0 },
        services: [
          {
            name: 'queues',
            address: '127.0.0.1:5671',
            state: 'running',
            requests: 1,
            lastError: { operation: 'send', text: 'amqp:not-found' },
            tables: [{ title: 'Queues', columns: ['name', 'active'], rows: [['orders', 3]] }],
          },
        ],
      },
    ]);
  });

  it('shows the others when one cannot say what it holds', async () => {
    standIn.inspect = () => {
      throw new Error('the store is closed');
    };
    await start('system');
    const [status, reply] = await ask('GET', '/status');
    expect(status).toBe(200);
    expect(JSON.stringify(reply)).toContain('the store is closed');
  });

  it('counts calls and forgets them on request', async () => {
    await start('system');
    standIn.calls.add('send');
    expect(await ask('GET', '/calls')).toEqual([200, { queues: { send: 1 } }]);
    expect(await ask('POST', '/calls/reset')).toEqual([200, { queues: {} }]);
    expect(standIn.calls.count('send')).toBe(0);
  });

  it('switches a fault on and off, and lists what can be set and what is', async () => {
    await start('system');
    const fault = { delayMs: 20, lockLost: true, count: 2, probability: 1 };
    expect(await ask('PUT', '/faults/queues/rules%2Fput', fault)).toEqual([200, fault]);
    expect(await ask('PUT', '/faults/queues/*', { status: 503 })).toEqual([200, { status: 503 }]);
    expect(await ask('GET', '/faults')).toEqual([
      200,
      {
        queues: {
          kinds: ['status', 'delayMs', 'lockLost'],
          operations: ['send', 'rules/put'],
          set: { 'rules/put': fault, '*': { status: 503 } },
        },
      },
    ]);
    expect(JSON.stringify(await ask('GET', '/status'))).toContain('"state":"disturbed"');
    expect(standIn.faults.take('rules/put')).toMatchObject({ lockLost: true });
    expect((await ask('DELETE', '/faults/queues/*'))[0]).toBe(204);
    expect([...standIn.faults.list().keys()]).toEqual(['rules/put']);
    expect((await ask('DELETE', '/faults'))[0]).toBe(200);
    expect(standIn.faults.list().size).toBe(0);
  });

  it('draws the same calls again after the same seed', async () => {
    await start('system');
    await ask('PUT', '/faults/queues/send', { status: 500, probability: 0.5 });
    const draws = () => Array.from({ length: 40 }, () => standIn.faults.take('send') !== undefined);
    await ask('PUT', '/faults/seed', { seed: 7 });
    const first = draws();
    await ask('PUT', '/faults/seed', { seed: 7 });
    expect(draws()).toEqual(first);
    expect(new Set(first).size).toBe(2);
  });

  it.each([
    [{ lie: true }, /^400 InvalidFault: .*"lie"/s],
    [{ status: 99 }, /^400 InvalidFault: .*status/s],
    [{ status: 503, probability: 2 }, /^400 InvalidFault: .*probability/s],
    [{ count: 3 }, /^400 InvalidFault: a fault has at least one of status, /],
    [{ delayMs: 5, answer: ['203.0.113.7'] }, /^400 FaultNotHonoured: queues does not honour answer; it /],
    ['{', /^400 InvalidBody: the body is not JSON/],
  ])('refuses the fault %j and says why', async (fault, expected) => {
    await start('system');
    expect(await refusal('PUT', '/faults/queues/send', fault)).toMatch(expected);
    expect(standIn.faults.list().size).toBe(0);
  });

  it('names what is there when asked for what is not', async () => {
    await start('system');
    expect(await refusal('PUT', '/faults/queues/fly', { status: 500 })).toBe(
      '404 UnknownOperation: queues has no operation fly; it has send, rules/put',
    );
    expect(await refusal('PUT', '/faults/stars/send', { status: 500 })).toContain('there are queues');
    expect(await refusal('PUT', '/faults/queues/%ff', { status: 500 })).toContain('400 InvalidPath');
    expect(await refusal('POST', '/status')).toContain(
      '404 UnknownRoute: POST /status is none of: GET /status',
    );
  });

  it('moves a manual clock, and a system clock never', async () => {
    await start('manual');
    const before = Date.parse((await ask('GET', '/clock').then(([, reply]) => reply as { now: string })).now);
    const [status, reply] = await ask('POST', '/clock/advance', { ms: 86_400_000 });
    expect(status).toBe(200);
    expect(reply).toMatchObject({ mode: 'manual', offsetMs: 86_400_000, followed: 0 });
    expect(Date.parse((reply as { now: string }).now)).toBeGreaterThanOrEqual(before + 86_400_000);
    expect(await refusal('POST', '/clock/advance', { ms: -1 })).toContain('400 InvalidBody');
    await management.close();
    await timeMachine?.close();
    await start('system');
    expect(await refusal('POST', '/clock/advance', { ms: 1 })).toContain('409 ClockIsSystem');
  });

  it('serves a page that may run its own script and nothing else', async () => {
    await start('system');
    const page = await fetch(`${management.url}/`);
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'; script-src 'self'");
    expect(await page.text()).not.toMatch(/<script(?![^>]* src=)|style=| on\w+=/);
    const script = await fetch(`${management.url}/status.js`);
    expect([script.status, script.headers.get('content-type')]).toEqual([
      200,
      'text/javascript; charset=utf-8',
    ]);
  });
});

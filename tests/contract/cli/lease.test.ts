import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { owner, sampleLease } from './access-samples.ts';
import { type FakeApi, problem, startFakeApi } from './fake-api.ts';
import { runHere } from './run-program.ts';
import { machine, machineId, machineList } from './sample-replies.ts';

const path = `/api/machines/${machineId}`;
let api: FakeApi;
beforeEach(async () => {
  api = await startFakeApi({
    'GET /api/machines': { body: machineList([machine()]) },
    [`GET ${path}`]: { body: machine() },
  });
});
afterEach(() => api.close());

const run = (...args: string[]) => runHere(args, api.origin);
const asked = () => api.requests.map(({ line }) => line).filter((line) => !line.includes('/api/machines?'));
const sent = () => api.requests.at(-1)?.body;

describe('wacctl lease', () => {
  const lease = `${path}/leases/bcdefghijklmnopq`;

  it('requests with purpose, minutes, reference and start, and says what the reader may do next', async () => {
    api.routes[`POST ${path}/leases`] = { status: 201, body: sampleLease() };
    const line =
      'lease request server-01 --minutes 90 --reference CHG-1 --not-before 2026-01-31T18:00 --service ssh';
    const { code, stdout } = await run(...line.split(' '), '--purpose', ' patching ');
    expect(code).toBe(0);
    expect(sent()).toEqual({
      service: 'SSH',
      minutes: 90,
      purpose: 'patching',
      reference: 'CHG-1',
      notBefore: '2026-01-31T18:00:00.000Z',
    });
    expect(stdout).toContain('\nstate      waits, lapses in 23 h\n');
    expect(stdout).toContain('\nnext       wacctl lease approve server-01 bcdefghijklmnopq\n');
  });

  it.each([
    [['--purpose', 'patching'], '--minutes is missing'],
    [['--minutes', '60'], '--purpose is missing'],
    [['--minutes', '4', '--purpose', 'patching'], '--minutes must be a whole number from 5 to 1440'],
    [['--minutes', '60', '--purpose', 'x'], '--purpose must have 3 to 500 characters'],
    [
      ['--minutes', '60', '--purpose', 'patching', '--not-before', 'tomorrow'],
      '--not-before must be a day or a time',
    ],
  ])('refuses a request with %j before it asks', async (more, sentence) => {
    const { code, stderr } = await run('lease', 'request', 'server-01', ...more);
    expect(code).toBe(2);
    expect(stderr).toContain(sentence);
    expect(api.requests).toEqual([]);
  });

  const given = sampleLease({
    state: 'active',
    decision: { approved: true, by: owner, at: new Date().toISOString() },
    startsAt: new Date().toISOString(),
    endsAt: new Date(Date.now() + 90.5 * 60_000).toISOString(),
    may: { decide: false, extend: true, end: true, connect: true },
  });

  it('waits with --wait until somebody has decided', async () => {
    api.routes[`POST ${path}/leases`] = { status: 201, headers: { 'retry-after': '0' }, body: sampleLease() };
    api.routes[`GET ${lease}`] = [
      { headers: { 'retry-after': '0' }, body: sampleLease() },
      { status: 503, headers: { 'retry-after': '0' }, body: problem({ status: 503, retryable: true }) },
      { body: given },
    ];
    const { code, stdout } = await run(
      'lease',
      'request',
      'server-01',
      '--minutes',
      '90',
      '--purpose',
      'patching',
      '--wait',
    );
    expect(code).toBe(0);
    expect(stdout).toMatch(/\nstate +active, ends in 90 min|\nstate +active, ends in 1 h/);
    expect(stdout).toContain('approved by owner@sample.localhost');
    expect(stdout).toContain('wacctl connect server-01\n');
  });

  it('ends with 1 when it waited and was refused, with the reason', async () => {
    api.routes[`POST ${path}/leases`] = { body: sampleLease(), headers: { 'retry-after': '0' } };
    const decision = { approved: false, by: owner, at: new Date().toISOString(), reason: 'frozen' };
    api.routes[`GET ${lease}`] = { body: sampleLease({ state: 'denied', decision }) };
    const { code, stderr } = await run(
      'lease',
      'request',
      'server-01',
      '--minutes',
      '90',
      '--purpose',
      'patching',
      '--wait',
    );
    expect(code).toBe(1);
    expect(stderr).toContain('denied by owner@sample.localhost: frozen');
    expect(stderr).toContain('lease_not_given');
  });

  it.each([
    [['approve'], 'POST', '/decision', { approve: true }],
    [['deny', '--message', 'frozen'], 'POST', '/decision', { approve: false, reason: 'frozen' }],
    [
      ['extend', '--minutes', '30', '--purpose', 'reboot'],
      'POST',
      '/extensions',
      { minutes: 30, purpose: 'reboot' },
    ],
    [['end'], 'DELETE', '', undefined],
  ] as const)('%j is one request', async ([verb, ...more], method, end, body) => {
    api.routes[`${method} ${lease}${end}`] = { body: given };
    const { code, stdout } = await run('lease', verb, machineId, 'bcdefghijklmnopq', ...more, '--json');
    expect({ code, value: JSON.parse(stdout) }).toEqual({ code: 0, value: given });
    expect(asked()).toEqual([`${method} ${lease}${end}`]);
    expect(sent()).toEqual(body);
  });

  it('lists what waits for a decision, own ones, and those of a machine', async () => {
    for (const line of ['GET /api/leases', `GET ${path}/leases`])
      api.routes[line] = { body: { value: [sampleLease(), given] } };
    expect((await run('lease', 'list', '--waiting')).stdout).toContain('bcdefghijklmnopq  server-01');
    expect((await run('lease', 'list', machineId, '--waiting')).stdout.trim().split('\n')).toHaveLength(2);
    expect((await run('lease', 'list')).stdout.trim().split('\n')).toHaveLength(3);
    expect(asked()).toEqual(['GET /api/leases?waiting=true', `GET ${path}/leases`, 'GET /api/leases']);
  });

  it('shows the policy of a machine and sets it', async () => {
    const policy = { required: true, byDeployment: false, givesRole: true };
    api.routes[`GET ${path}/lease-policy`] = { body: { ...policy, required: false } };
    api.routes[`PUT ${path}/lease-policy`] = { body: policy };
    expect((await run('lease', 'policy', 'server-01')).stdout).toContain(
      'A connect to server-01 needs no lease.',
    );
    expect((await run('lease', 'policy', 'server-01', '--required', 'ON')).stdout).toContain(
      'needs a lease.\nA lease also gives the role',
    );
    expect(sent()).toEqual({ required: true });
    expect((await run('lease', 'policy', 'server-01', '--required', 'yes')).code).toBe(2);
  });
});

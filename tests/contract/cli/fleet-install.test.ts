import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { FleetInstallReply, FleetMachinesReply, FleetPlanReply } from '#shared/protocol/fleet-api.ts';
import { type FakeApi, problem, startFakeApi } from './fake-api.ts';
import { hasTerminals, runHere, startProgram } from './run-program.ts';
import { machineId, resourceId } from './sample-replies.ts';

const id = 'aaaaaaaaaaaaaaaa';
const path = `/api/fleet-installs/${id}`;
const group = '/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/rg-local';
const soon = { 'retry-after': '0' };
const nothing = { waiting: 0, running: 0, succeeded: 0, failed: 0, refused: 0, skipped: 0 };

const fleet = (change: Partial<FleetInstallReply> = {}): FleetInstallReply => ({
  id,
  status: 'running',
  requestedBy: 'admin@example.test',
  createdAt: '2026-01-01T00:00:00.000Z',
  endedAt: null,
  concurrency: 20,
  total: 4,
  counts: { ...nothing, waiting: 3, running: 1 },
  percent: 0,
  estimatedEnd: null,
  ...change,
});
const ended = fleet({
  status: 'succeeded',
  endedAt: '2026-01-01T00:10:00.000Z',
  percent: 100,
  counts: { ...nothing, succeeded: 4 },
});
type Machine = FleetMachinesReply['value'][number];
const machine = (change: Partial<Machine> = {}): Machine => ({
  resourceId,
  name: 'server-01',
  machineId,
  status: 'succeeded',
  operationId: `${machineId}.one`,
  percent: 100,
  startedAt: null,
  endedAt: null,
  code: null,
  detail: null,
  remedy: null,
  ...change,
});
const plan: FleetPlanReply = {
  total: 3,
  counts: { install: 1, adopt: 0, refuse: 1, skip: 1 },
  lastCertificateAt: '2026-01-01T00:00:00.000Z',
  machines: [
    {
      resourceId,
      name: 'server-01',
      machineId,
      action: 'install',
      reason: null,
      preconditions: [],
      certificateAt: '2026-01-01T00:00:00.000Z',
    },
    {
      resourceId,
      name: 'small-01',
      machineId: null,
      action: 'refuse',
      reason: 'too small',
      preconditions: [
        {
          code: 'memory',
          rule: 'The machine has enough memory',
          found: '2 GiB',
          needed: '3 GiB',
          remedy: 'Add some.',
        },
        { code: 'region', rule: 'The region is served', found: 'x', needed: 'y', remedy: 'Move it.' },
      ],
      certificateAt: null,
    },
    {
      resourceId,
      name: 'done-01',
      machineId,
      action: 'skip',
      reason: 'it is installed already',
      preconditions: [],
      certificateAt: null,
    },
  ],
};

let api: FakeApi;
let folder: string;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'fleet-install-'));
  api = await startFakeApi({
    'POST /api/fleet-installs/plans': { body: plan },
    'POST /api/fleet-installs': { status: 202, headers: soon, body: fleet() },
    [`GET ${path}`]: { headers: soon, body: ended },
    [`GET ${path}/machines`]: { body: { value: [machine()] } },
    [`PATCH ${path}`]: { body: fleet({ status: 'paused' }) },
    'GET /api/fleet-installs': { body: { value: [fleet(), ended] } },
  });
});
afterEach(async () => {
  await api.close();
  rmSync(folder, { recursive: true });
});

const run = (...args: string[]) => runHere(args, api.origin);
const sent = () => api.requests.find(({ line }) => line.startsWith('POST'))?.body;
function fileOf(text: string): string {
  const file = join(folder, 'servers.txt');
  writeFileSync(file, text);
  return file;
}

describe('wacctl fleet plan', () => {
  it('counts what is installed and lists what is not, with each requirement', async () => {
    const { code, stdout } = await run('fleet', 'plan', '--group', group);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^3 machines: 1 install, 1 refuse, 1 skip\n/);
    expect(stdout).toContain('allow all 1 certificates now');
    expect(stdout).toMatch(
      /small-01 +refuse +The machine has enough memory +2 GiB, needed 3 GiB +Add some\./,
    );
    expect(stdout).toMatch(/small-01 +refuse +The region is served/);
    expect(stdout).toMatch(/done-01 +skip +it is installed already/);
    expect(sent()).toEqual({ select: { resourceGroup: group }, install: {} });
  });

  it('reads a list without remarks, empty lines and marks of other systems', async () => {
    const other = `${resourceId}-2`;
    const file = fileOf(`\uFEFF${resourceId}\r\n\r\n# the second\r\n${other} # web\r\n`);
    await run('fleet', 'plan', '--file', file, '--port', '443', '--keys', 'machine', '--consent');
    expect(sent()).toEqual({
      select: { resourceIds: [resourceId, other] },
      install: { port: 443, keys: 'machine', consent: true },
    });
  });

  it('says until when certificates take', async () => {
    const late = { ...plan, lastCertificateAt: '2126-01-02T03:04:05.000Z' };
    const [first] = plan.machines;
    const machines = [{ ...first, certificateAt: late.lastCertificateAt }];
    api.routes['POST /api/fleet-installs/plans'] = { body: { ...late, machines } };
    const { stdout } = await run('fleet', 'plan', '--group', group);
    expect(stdout).toContain('allow 0 of 1 certificates now, the last one 2126-01-02 03:04 UTC');
  });

  it.each([
    [[], 'give one of --group, --tag and --file'],
    [['--group', group, '--file', 'x'], 'give one of --group, --tag and --file'],
    [['--tag', 'role=web'], '--tag needs --subscription'],
    [['--tag', 'role', '--subscription', 'x'], '--tag must be NAME=VALUE'],
    [['--group', group, '--subscription', 'x'], '--subscription needs --tag'],
    [['--group', group, '--concurrency', '101'], '--concurrency must be a whole number from 1 to 100'],
    [['--group', group, '--port', '0'], '--port must be a whole number from 1 to 65535'],
    [['--file', '/nowhere/at-all'], '--file: '],
  ])('%j is not understood, and nothing is sent', async (args, sentence) => {
    const { code, stderr } = await run('fleet', 'plan', ...args);
    expect(code).toBe(2);
    expect(stderr).toContain(sentence);
    expect(api.requests).toEqual([]);
  });

  it('of a file without a line is not understood', async () => {
    const { code, stderr } = await run('fleet', 'plan', '--file', fileOf('# nothing\n'));
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: expect.stringContaining('has no resource id') as string,
    });
  });
});

describe('wacctl fleet install', () => {
  it('follows to the end', async () => {
    const { code, stdout, stderr } = await run('fleet', 'install', '--group', group, '--yes');
    expect(code).toBe(0);
    expect(stderr).toContain(`wacctl fleet status ${id}`);
    const [first, last] = stdout.trim().split('\n');
    expect(first).toBe('[------------------------]   0 %  0 of 4: 1 running, 3 waiting');
    expect(last).toMatch(/^\[#{24}\] 100 % {2}succeeded, 4 of 4: 4 succeeded; ended 2026-01-01 00:10 UTC/);
  });

  it('lists the failures at the end, each with what to do, and ends with 1', async () => {
    const value = [
      machine(),
      machine({
        name: 'bad-01',
        status: 'failed',
        code: 'agent_not_serving',
        detail: 'after 20 minutes',
        remedy: 'Repair it.',
      }),
      machine({
        name: 'busy-01',
        status: 'skipped',
        code: 'operation_in_progress',
        detail: 'uninstall runs',
        remedy: 'Wait.',
      }),
      machine({ name: 'old-01', status: 'skipped', detail: 'it is installed already', remedy: 'Nothing.' }),
    ];
    api.routes[`GET ${path}/machines`] = { body: { value } };
    const { code, stderr } = await run('fleet', 'install', '--group', group, '--yes');
    expect(code).toBe(1);
    expect(stderr).toMatch(/bad-01 +failed +after 20 minutes +Repair it\./);
    expect(stderr).toMatch(/busy-01 +skipped/);
    expect(stderr).not.toContain('old-01');
    expect(stderr).toContain('2 of 4 machines were not installed');
  });

  it('that is cancelled meanwhile ends with 1', async () => {
    const counts = { ...nothing, succeeded: 1, skipped: 3 };
    api.routes[`GET ${path}`] = { body: { ...ended, status: 'cancelled', counts } };
    const { code, stderr } = await run('fleet', 'install', '--group', group, '--yes');
    expect(code).toBe(1);
    expect(stderr).toContain('it was cancelled: 3 machines were passed over');
  });

  it('prints with --json each change as one line', async () => {
    const { code, stdout } = await run('fleet', 'install', '--group', group, '--yes', '--json');
    expect(code).toBe(0);
    const lines = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as FleetInstallReply);
    expect(lines.map(({ percent }) => percent)).toEqual([0, 100]);
  });

  it('asks nobody where nobody is, and sends nothing', async () => {
    const { code, stderr } = await run('fleet', 'install', '--group', group);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining('use --yes') as string });
    expect(api.requests).toEqual([]);
  });

  it('outlives some looks that fail', async () => {
    const away = { status: 503, body: problem({ status: 503, retryable: true }) };
    api.routes[`GET ${path}`] = [away, away, { body: ended }];
    const { code } = await run('fleet', 'install', '--group', group, '--yes');
    expect(code).toBe(0);
  });

  it('goes on when Ctrl-C ends the watching', async () => {
    api.routes[`GET ${path}`] = { headers: soon, body: fleet() };
    const watching = startProgram(['fleet', 'install', '--group', group, '--yes', '--api', api.origin], {
      env: { ADMIN_CENTER_TOKEN: 't' },
    });
    await watching.shows(/0 of 4/);
    watching.kill('SIGINT');
    expect(await watching.ended).toBe(130);
    expect(watching.stderr).toContain(`goes on without us: wacctl fleet status ${id} --follow`);
    expect(api.requests.filter(({ line }) => line.startsWith('PATCH'))).toEqual([]);
  });

  it.runIf(hasTerminals)('shows the plan on a terminal, asks, and does nothing without a yes', async () => {
    const asked = startProgram(['fleet', 'install', '--group', group, '--api', api.origin], {
      env: { ADMIN_CENTER_TOKEN: 't' },
      isTerminal: true,
    });
    await asked.shows(/Install on 1 machines\?/);
    expect(asked.stdout).toContain('small-01');
    asked.type('no\n');
    expect(await asked.ended).toBe(1);
    expect(api.requests.map(({ line }) => line)).toEqual(['POST /api/fleet-installs/plans']);
  });
});

describe('wacctl fleet status, pause, resume, cancel, list and report', () => {
  it('shows how far it is and what failed so far', async () => {
    api.routes[`GET ${path}`] = { body: fleet({ estimatedEnd: '2126-01-01T00:00:00.000Z' }) };
    const value = [
      machine({
        name: 'bad-01',
        status: 'refused',
        code: 'access_denied',
        detail: 'no role',
        remedy: 'Ask.',
      }),
    ];
    api.routes[`GET ${path}/machines`] = { body: { value } };
    const { code, stdout, stderr } = await run('fleet', 'status', id);
    expect(code).toBe(0);
    expect(stdout).toContain('expected to end 2126-01-01 00:00 UTC');
    expect(stderr).toMatch(/bad-01 +refused +no role +Ask\./);
  });

  it.each([
    ['pause', 'paused'],
    ['resume', 'running'],
  ])('%ss', async (word, status) => {
    expect((await run('fleet', word, id)).code).toBe(0);
    expect(api.requests).toMatchObject([{ line: `PATCH ${path}`, body: { status } }]);
  });

  it('cancels with a yes alone', async () => {
    expect((await run('fleet', 'cancel', id)).code).toBe(2);
    expect((await run('fleet', 'cancel', id, '--yes')).code).toBe(0);
    expect(api.requests).toMatchObject([{ line: `PATCH ${path}`, body: { status: 'cancelled' } }]);
  });

  it('lists the last ones', async () => {
    const { stdout } = await run('fleet', 'list');
    expect(stdout).toMatch(
      new RegExp(`${id} +running +0 % +4 +0 +0 +2026-01-01 00:00 UTC +admin@example.test`),
    );
  });

  it('prints the report as the service made it', async () => {
    const table = 'name,status\r\nserver-01,succeeded\r\n';
    api.routes[`GET ${path}/report?format=csv`] = {
      headers: { 'content-type': 'text/csv; charset=utf-8; header=present' },
      body: table,
    };
    expect(await run('fleet', 'report', id)).toMatchObject({ code: 0, stdout: table });
    const report = { fleetInstall: ended, machines: [machine()] };
    api.routes[`GET ${path}/report?format=json`] = { body: report };
    const { stdout } = await run('fleet', 'report', id, '--json');
    expect(JSON.parse(stdout)).toEqual(report);
  });
});

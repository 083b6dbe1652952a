import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { FleetInstallReply } from '#shared/protocol/fleet-api.ts';
import { type FakeApi, problem } from './fake-api.ts';
import {
  ended,
  fleet,
  fleetId,
  fleetMachine,
  fleetPath,
  group,
  nothing,
  soon,
  startFleetApi,
} from './fleet-samples.ts';
import { hasTerminals, runHere, startProgram } from './run-program.ts';

let api: FakeApi;
beforeEach(async () => {
  api = await startFleetApi();
});
afterEach(() => api.close());

const run = (...args: string[]) => runHere(args, api.origin);

describe('wacctl fleet install', () => {
  it('follows to the end', async () => {
    const { code, stdout, stderr } = await run('fleet', 'install', '--group', group, '--yes');
    expect(code).toBe(0);
    expect(stderr).toContain(`wacctl fleet status ${fleetId}`);
    const [first, last] = stdout.trim().split('\n');
    expect(first).toBe('[------------------------]   0 %  0 of 4: 1 running, 3 waiting');
    expect(last).toMatch(/^\[#{24}\] 100 % {2}succeeded, 4 of 4: 4 succeeded; ended 2026-01-01 00:10 UTC/);
  });

  it('lists the failures at the end, each with what to do, and ends with 1', async () => {
    const value = [
      fleetMachine(),
      fleetMachine({
        name: 'bad-01',
        status: 'failed',
        code: 'agent_not_serving',
        detail: 'after 20 minutes',
        remedy: 'Repair it.',
      }),
      fleetMachine({
        name: 'busy-01',
        status: 'skipped',
        code: 'operation_in_progress',
        detail: 'uninstall runs',
        remedy: 'Wait.',
      }),
      fleetMachine({
        name: 'old-01',
        status: 'skipped',
        detail: 'it is installed already',
        remedy: 'Nothing.',
      }),
    ];
    api.routes[`GET ${fleetPath}/machines`] = { body: { value } };
    const { code, stderr } = await run('fleet', 'install', '--group', group, '--yes');
    expect(code).toBe(1);
    expect(stderr).toMatch(/bad-01 +failed +after 20 minutes +Repair it\./);
    expect(stderr).toMatch(/busy-01 +skipped/);
    expect(stderr).not.toContain('old-01');
    expect(stderr).toContain('2 of 4 machines were not installed');
  });

  it('that is cancelled meanwhile ends with 1', async () => {
    const counts = { ...nothing, succeeded: 1, skipped: 3 };
    api.routes[`GET ${fleetPath}`] = { body: { ...ended, status: 'cancelled', counts } };
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
    api.routes[`GET ${fleetPath}`] = [away, away, { body: ended }];
    const { code } = await run('fleet', 'install', '--group', group, '--yes');
    expect(code).toBe(0);
  });

  it('goes on when Ctrl-C ends the watching', async () => {
    api.routes[`GET ${fleetPath}`] = { headers: soon, body: fleet() };
    const watching = startProgram(['fleet', 'install', '--group', group, '--yes', '--api', api.origin], {
      env: { ADMIN_CENTER_TOKEN: 't' },
    });
    await watching.shows(/0 of 4/);
    watching.kill('SIGINT');
    expect(await watching.ended).toBe(130);
    expect(watching.stderr).toContain(`goes on without us: wacctl fleet status ${fleetId} --follow`);
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
    api.routes[`GET ${fleetPath}`] = { body: fleet({ estimatedEnd: '2126-01-01T00:00:00.000Z' }) };
    const value = [
      fleetMachine({
        name: 'bad-01',
        status: 'refused',
        code: 'access_denied',
        detail: 'no role',
        remedy: 'Ask.',
      }),
    ];
    api.routes[`GET ${fleetPath}/machines`] = { body: { value } };
    const { code, stdout, stderr } = await run('fleet', 'status', fleetId);
    expect(code).toBe(0);
    expect(stdout).toContain('expected to end 2126-01-01 00:00 UTC');
    expect(stderr).toMatch(/bad-01 +refused +no role +Ask\./);
  });

  it.each([
    ['pause', 'paused'],
    ['resume', 'running'],
  ])('%ss', async (word, status) => {
    expect((await run('fleet', word, fleetId)).code).toBe(0);
    expect(api.requests).toMatchObject([{ line: `PATCH ${fleetPath}`, body: { status } }]);
  });

  it('cancels with a yes alone', async () => {
    expect((await run('fleet', 'cancel', fleetId)).code).toBe(2);
    expect((await run('fleet', 'cancel', fleetId, '--yes')).code).toBe(0);
    expect(api.requests).toMatchObject([{ line: `PATCH ${fleetPath}`, body: { status: 'cancelled' } }]);
  });

  it('lists the last ones', async () => {
    const { stdout } = await run('fleet', 'list');
    expect(stdout).toMatch(
      new RegExp(`${fleetId} +running +0 % +4 +0 +0 +2026-01-01 00:00 UTC +admin@example.test`),
    );
  });

  it('prints the report as the service made it', async () => {
    const table = 'name,status\r\nserver-01,succeeded\r\n';
    api.routes[`GET ${fleetPath}/report?format=csv`] = {
      headers: { 'content-type': 'text/csv; charset=utf-8; header=present' },
      body: table,
    };
    expect(await run('fleet', 'report', fleetId)).toMatchObject({ code: 0, stdout: table });
    const report = { fleetInstall: ended, machines: [fleetMachine()] };
    api.routes[`GET ${fleetPath}/report?format=json`] = { body: report };
    const { stdout } = await run('fleet', 'report', fleetId, '--json');
    expect(JSON.parse(stdout)).toEqual(report);
  });
});

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { operationReply } from '#shared/protocol/api.ts';
import { type FakeApi, startFakeApi } from './fake-api.ts';
import { hasTerminals, runProgram, startProgram } from './run-program.ts';
import {
  failedInstallation,
  installation,
  machine,
  machineId,
  machineList,
  operationId,
} from './sample-replies.ts';

const path = `/api/machines/${machineId}`;
const soon = { 'retry-after': '0' };

let api: FakeApi;
beforeEach(async () => {
  api = await startFakeApi({
    'GET /api/machines': { body: machineList([machine()]) },
    [`GET ${path}`]: { body: machine() },
  });
});
afterEach(() => api.close());

const run = (...args: string[]) => runProgram(args, api.origin);
const lines = () => api.requests.map(({ line }) => line);

describe('wacctl install', () => {
  it('follows the operation, one line a change, also of steps that it did not see running', async () => {
    api.routes[`PUT ${path}/extension`] = { status: 202, headers: soon, body: installation(0) };
    api.routes[`GET /api/operations/${operationId}`] = [
      { headers: soon, body: installation(0) },
      { headers: soon, body: installation(2) },
      { body: installation(3) },
    ];
    const { code, stdout, stderr } = await run('install', 'server-01', '--port', '6516');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout.replaceAll(/^ *\d+\.\d+ s {2}/gm, '')).toBe(
      [
        '1 of 3  Register the resource provider: running, doing part 1',
        '1 of 3  Register the resource provider: succeeded in 1.00 s',
        '2 of 3  Deploy the endpoint: succeeded in 1.00 s',
        '3 of 3  Install the agent: running, doing part 3',
        '3 of 3  Install the agent: succeeded in 1.00 s',
        'install: succeeded in 3.00 s',
        '',
      ].join('\n'),
    );
    expect(api.requests.find(({ line }) => line.startsWith('PUT'))?.body).toEqual({ port: 6516 });
  });

  it('prints with --json each change as one line; the last one is the end', async () => {
    api.routes[`PUT ${path}/extension`] = { status: 202, headers: soon, body: installation(0) };
    api.routes[`GET /api/operations/${operationId}`] = [
      { headers: soon, body: installation(1) },
      { body: installation(3) },
    ];
    const { code, stdout } = await run('install', machineId, '--json');
    expect(code).toBe(0);
    const seen = stdout
      .trim()
      .split('\n')
      .map((line) => operationReply.parse(JSON.parse(line)));
    expect(seen).toEqual([installation(0), installation(1), installation(3)]);
  });

  it('ends with 1 and the failure of the operation', async () => {
    api.routes[`PUT ${path}/extension`] = { status: 202, headers: soon, body: installation(0) };
    api.routes[`GET /api/operations/${operationId}`] = { body: failedInstallation };
    const { code, stdout, stderr } = await run('install', machineId);
    expect(code).toBe(1);
    expect(stdout).toContain('3 of 3  Install the agent: failed in 1.00 s');
    expect(stderr).toBe(
      [
        'wacctl: The extension failed on the machine',
        '  detail  the disk is full',
        '  code    extension_failed',
        '  hop     extension',
        '  remedy  Free some space, then install again.',
        '',
      ].join('\n'),
    );
  });

  it('ends with 130 at Ctrl-C and says how to watch again; the install goes on', async () => {
    api.routes[`PUT ${path}/extension`] = { status: 202, headers: soon, body: installation(0) };
    api.routes[`GET /api/operations/${operationId}`] = { headers: soon, body: installation(1) };
    const watching = startProgram(['install', machineId, '--api', api.origin], {
      env: { ADMIN_CENTER_TOKEN: 't' },
    });
    await watching.shows(/2 of 3/);
    watching.kill('SIGINT');
    expect(await watching.ended).toBe(130);
    expect(watching.stderr).toContain(`wacctl operation ${operationId} --follow\ninterrupted\n`);
    expect(lines().filter((line) => !line.startsWith('GET'))).toEqual([`PUT ${path}/extension`]);
  });

  it.runIf(hasTerminals)('moves one line on a terminal and keeps a coloured one of each step', async () => {
    api.routes[`PUT ${path}/extension`] = { status: 202, headers: soon, body: installation(0) };
    api.routes[`GET /api/operations/${operationId}`] = [
      { headers: soon, body: installation(1) },
      { body: installation(3) },
    ];
    const { code, stdout } = await runProgram(['install', machineId], api.origin, { isTerminal: true });
    expect(code).toBe(0);
    expect(stdout).toContain('1 of 3  Register the resource provider: running, doing part 1\r\x1b[2K');
    expect(stdout).toContain(
      '\x1b[32m1 of 3  Register the resource provider: succeeded in 1.00 s\x1b[39m\r\n',
    );
    expect(stdout).toContain('\x1b[32minstall: succeeded in 3.00 s\x1b[39m\r\n');
  });
});

describe('wacctl uninstall', () => {
  const removal = installation(3, { kind: 'uninstall' });

  it('asks nobody without a terminal: it refuses before any request', async () => {
    const { code, stderr } = await run('uninstall', 'server-01');
    expect(code).toBe(2);
    expect(stderr).toContain('--yes');
    expect(lines()).toEqual([]);
  });

  it('goes on with --yes', async () => {
    api.routes[`DELETE ${path}/extension`] = { status: 202, body: removal };
    expect((await run('uninstall', 'server-01', '--yes')).code).toBe(0);
    expect(lines().at(-1)).toBe(`DELETE ${path}/extension`);
  });

  it.runIf(hasTerminals)('asks on a terminal and does nothing without a yes', async () => {
    const env = { ADMIN_CENTER_API_URL: api.origin, ADMIN_CENTER_TOKEN: 't', NO_COLOR: '1' };
    const asked = startProgram(['uninstall', 'server-01'], { env, isTerminal: true });
    await asked.shows(/Type yes to go on/);
    asked.type('no\n');
    expect(await asked.ended).toBe(1);
    expect(asked.stdout).toContain('not_confirmed');
    expect(asked.stdout).not.toContain('\x1b[31m');
    expect(lines().filter((line) => line.startsWith('DELETE'))).toEqual([]);

    api.routes[`DELETE ${path}/extension`] = { status: 202, body: removal };
    const again = startProgram(['uninstall', 'server-01'], { env, isTerminal: true });
    await again.shows(/Type yes to go on/);
    again.type('yes\n');
    expect(await again.ended).toBe(0);
    expect(lines().at(-1)).toBe(`DELETE ${path}/extension`);
  });
});

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type FakeApi, startFakeApi } from './fake-api.ts';
import { hasTerminals, runHere, startProgram } from './run-program.ts';
import { installation, machine, machineId } from './sample-replies.ts';

const path = `/api/machines/${machineId}`;

let api: FakeApi;
beforeEach(async () => {
  api = await startFakeApi({ [`GET ${path}`]: { body: machine() } });
});
afterEach(() => api.close());

const run = (...args: string[]) => runHere(args, api.origin);

describe('wacctl addresses', () => {
  const addresses = {
    port: 6516,
    yourAddress: '198.51.100.9',
    value: [
      {
        address: '10.0.0.4',
        isPublic: false,
        isRecommended: true,
        isOpen: null,
        notes: ['It is published.'],
      },
      { address: '203.0.113.7', isPublic: true, isRecommended: false, isOpen: false, notes: [] },
    ],
  };

  it('requirement 129: shows each address, which one is recommended, and what is to be known of it', async () => {
    api.routes[`GET ${path}/addresses`] = { body: addresses };
    const { code, stdout, stderr } = await run('addresses', machineId);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toBe(
      [
        'ADDRESS      REACHED FROM  PORT 6516 OPEN  RECOMMENDED',
        '10.0.0.4     its network   unknown         yes',
        '203.0.113.7  everywhere    no              no',
        '',
        '10.0.0.4',
        '  It is published.',
        '',
        'You come from 198.51.100.9: --source me',
        '',
      ].join('\n'),
    );
  });

  it('is the reply of the API with --json, and a remark where there is none', async () => {
    api.routes[`GET ${path}/addresses`] = { body: addresses };
    expect(JSON.parse((await run('addresses', machineId, '--json')).stdout)).toEqual(addresses);
    api.routes[`GET ${path}/addresses?port=443`] = { body: { ...addresses, port: 443 } };
    expect((await run('addresses', machineId, '--port', '443')).stdout).toContain('PORT 443 OPEN');
    api.routes[`GET ${path}/addresses`] = { body: { ...addresses, value: [] } };
    expect(await run('addresses', machineId)).toMatchObject({
      code: 0,
      stdout: '',
      stderr: expect.stringContaining('without --direct'),
    });
  });
});

describe('wacctl repair', () => {
  it('requirement 56: follows the repair to its end', async () => {
    api.routes[`POST ${path}/repairs`] = { status: 202, body: installation(3, { kind: 'repair' }) };
    const { code, stdout } = await run('repair', machineId);
    expect(code).toBe(0);
    expect(stdout).toContain('repair: succeeded in 3.00 s\n');
    expect(api.requests.map(({ line, body }) => [line, body])).toEqual([[`POST ${path}/repairs`, undefined]]);
  });
});

describe('wacctl checks', () => {
  const extension = {
    name: 'AdminCenter',
    state: 'installed',
    port: 6516,
    installedAt: '2026-01-01T00:00:00.000Z',
    detailedStatus: {
      provisioningState: 'succeeded',
      message: 'Extension Message: OK',
      version: '0.0.0.322',
      port: 6516,
      checks: [
        { id: 'service', ok: true, found: 'ServerManagementGateway is running' },
        { id: 'localhost', ok: false, found: 'no answer on 6516', next: 'Restart the service.' },
        { id: 'ports', ok: null, found: 'azcmagent is not there' },
      ],
    },
  };

  it('requirement 57: shows the platform’s status and the agent’s own words, and ends with 1 when one failed', async () => {
    api.routes[`GET ${path}/extension`] = { body: extension };
    const { code, stdout, stderr } = await run('checks', machineId);
    expect(code).toBe(1);
    expect(stdout).toBe(
      [
        'extension  installed, port 6516',
        'platform   succeeded',
        'version    0.0.0.322',
        'message    Extension Message: OK',
        '',
        'CHECK          IS       FOUND                               NEXT',
        'service        good     ServerManagementGateway is running',
        'local page     bad      no answer on 6516                   Restart the service.',
        'allowed ports  unknown  azcmagent is not there',
        '',
        '1 failed',
        '',
      ].join('\n'),
    );
    expect(stderr).toMatch(/detail +local page: no answer on 6516\n.*check_failed/);
  });

  it('ends with 0 where nothing failed, and says so where nothing was reported yet', async () => {
    const { checks, ...status } = extension.detailedStatus;
    const good = { ...extension, detailedStatus: { ...status, checks: checks.slice(0, 1) } };
    api.routes[`GET ${path}/extension`] = { body: good };
    expect(await run('checks', machineId, '--json')).toEqual({
      code: 0,
      stderr: '',
      stdout: `${JSON.stringify(good)}\n`,
    });
    api.routes[`GET ${path}/extension`] = { body: { ...extension, detailedStatus: status } };
    expect(await run('checks', machineId)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('has not reported its checks yet'),
    });
  });
});

describe('wacctl orphans', () => {
  const orphan = {
    machineId,
    resourceId: '/subscriptions/s',
    name: 'server-09',
    goneSince: '2026-01-01T00:00:00.000Z',
    removedAfter: '2026-01-04T00:00:00.000Z',
    movedTo: null,
    leftovers: ['the DNS records of its name', 'its certificate'],
  };

  it.each([
    ['report', 'GRACE ENDS', 'nothing is removed by itself'],
    ['remove', 'REMOVED AFTER', 'removed 72 h after'],
  ])('in the mode %s say what is left of each, and what becomes of it', async (mode, heading, end) => {
    api.routes['GET /api/orphans'] = { body: { mode, graceHours: 72, value: [orphan] } };
    const { code, stdout } = await run('orphans');
    expect(code).toBe(0);
    expect(stdout).toContain(heading);
    expect(stdout).toContain('\nserver-09\n  the DNS records of its name\n  its certificate\n');
    expect(stdout).toContain(end);
  });

  it('is a remark where there is none, and the reply of the API with --json', async () => {
    const body = { mode: 'report', graceHours: 72, value: [] };
    api.routes['GET /api/orphans'] = { body };
    expect(await run('orphans')).toEqual({
      code: 0,
      stdout: '',
      stderr: 'No machine was deleted in Azure.\n',
    });
    expect((await run('orphans', '--json')).stdout).toBe(`${JSON.stringify(body)}\n`);
  });
});

describe('wacctl uninstall', () => {
  it.runIf(hasTerminals)('requirements 58-60: says what goes and what stays before it asks', async () => {
    api.routes[`GET ${path}`] = {
      body: machine({
        machineName: 'abc',
        endpoint: { enabled: true, services: { WAC: 6516, SSH: 22 } },
        reach: { mode: 'direct', address: '10.0.0.4', isPublic: false },
      }),
    };
    const env = { ADMIN_CENTER_API_URL: api.origin, ADMIN_CENTER_TOKEN: 't', NO_COLOR: '1' };
    const asked = startProgram(['uninstall', machineId], { env, isTerminal: true });
    await asked.shows(/Type yes to go on/);
    asked.type('no\n');
    expect(await asked.ended).toBe(1);
    expect(asked.stdout.replaceAll('\r\n', '\n')).toContain(
      [
        'server-01 loses',
        '  the extension AdminCenter and the agent on the machine',
        '  the service configuration WAC, port 6516',
        '  the name a.wac.localhost with its DNS records and its channels',
        '  the certificate: disabled now, deleted after a grace time',
        '  the rule PortForWAC, if this service made it and nobody changed it',
        '  sessions that are open: they end now',
        'and keeps',
        '  the endpoint: other experiences may use it',
        '  the service configuration SSH, port 22',
      ].join('\n'),
    );
    expect(api.requests.map(({ line }) => line)).toEqual([`GET ${path}`]);
  });
});

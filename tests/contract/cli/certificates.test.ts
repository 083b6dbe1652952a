import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  renewalOf,
  sampleCertificate,
  sampleDrill,
  sampleForecast,
} from '../../support/certificate-samples.ts';
import { fromNow } from '../../support/portal-samples.ts';
import { type FakeApi, problem, startFakeApi } from './fake-api.ts';
import { hasTerminals, runHere, runProgram, startProgram } from './run-program.ts';
import { machine, machineId, machineList } from './sample-replies.ts';

const path = `/api/machines/${machineId}`;
const soon = { 'retry-after': '0' };
const renewal = renewalOf(0, { id: `${machineId}.renew`, machineId });
const done = { ...renewal, status: 'succeeded' as const, percent: 100, endedAt: fromNow(0) };

let api: FakeApi;
beforeEach(async () => {
  api = await startFakeApi({
    'GET /api/machines': { body: machineList([machine()]) },
    [`GET ${path}`]: { body: machine() },
    [`GET ${path}/certificate`]: { body: sampleCertificate() },
  });
});
afterEach(() => api.close());

const run = (...args: string[]) => runHere(args, api.origin);
const lines = () => api.requests.map(({ line }) => line);

describe('wacctl certificate', () => {
  it('prints why it is as it is, what is next, and its time line, without a colour on a pipe', async () => {
    const { code, stdout, stderr } = await run('certificate', 'server-01');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^server-01: served\nThe machine serves this certificate/);
    expect(stdout).toMatch(/^Next: It is renewed\. \d{4}-\d\d-\d\d \d\d:\d\d UTC, in 38 d$/m);
    expect(stdout).toMatch(/^\|=+o-+~+D~+-+!+\|$/m);
    expect(stdout).not.toContain('\x1b');
  });

  it('prints with --json what the API sent', async () => {
    const body = { ...sampleCertificate(), later: true };
    api.routes[`GET ${path}/certificate`] = { body };
    const { code, stdout } = await run('certificate', machineId, '--json');
    expect({ code, reply: JSON.parse(stdout) }).toEqual({ code: 0, reply: body });
  });

  it.runIf(hasTerminals)('colours the state on a terminal', async () => {
    const { stdout } = await runProgram(['certificate', machineId], api.origin, { isTerminal: true });
    expect(stdout).toContain('server-01: \x1b[32mserved\x1b[39m');
  });
});

describe('wacctl certificate renew', () => {
  it('asks for a new holder of the key and follows to the end', async () => {
    api.routes[`POST ${path}/certificate/renewals`] = { status: 202, headers: soon, body: renewal };
    api.routes[`GET /api/operations/${renewal.id}`] = { body: done };
    const { code, stdout } = await run('certificate', 'renew', 'server-01', '--keys', 'machine');
    expect(code).toBe(0);
    expect(stdout).toMatch(/renew: succeeded in/);
    expect(api.requests.find(({ line }) => line.startsWith('POST'))?.body).toEqual({ keys: 'machine' });
  });

  it('tells the date of its turn; Ctrl-C ends the watching alone', async () => {
    const waiting = { ...renewal, resumesAt: '2126-01-02T03:04:05.000Z' };
    api.routes[`POST ${path}/certificate/renewals`] = { status: 202, headers: soon, body: waiting };
    const watching = startProgram(['certificate', 'renew', machineId, '--api', api.origin], {
      env: { ADMIN_CENTER_TOKEN: 't' },
    });
    await watching.shows(/renew: waits for its turn until 2126-01-02 03:04 UTC/);
    watching.kill('SIGINT');
    expect(await watching.ended).toBe(130);
    expect(lines().filter((line) => line.startsWith('DELETE'))).toEqual([]);
  });

  it('that is postponed ends with 4 and says when it goes on', async () => {
    api.routes[`POST ${path}/certificate/renewals`] = { status: 202, headers: soon, body: renewal };
    api.routes[`GET /api/operations/${renewal.id}`] = {
      body: { ...renewal, status: 'postponed', endedAt: fromNow(0), resumesAt: '2126-01-02T03:04:05.000Z' },
    };
    const { code, stderr } = await run('certificate', 'renew', machineId);
    expect(code).toBe(4);
    expect(stderr).toContain('operation_postponed');
    expect(stderr).toContain('the renewal goes on at 2126-01-02 03:04 UTC');
  });

  it('refuses another holder before any request', async () => {
    const { code, stderr } = await run('certificate', 'renew', machineId, '--keys', 'me');
    expect({ code, lines: lines() }).toEqual({ code: 2, lines: [] });
    expect(stderr).toContain('--keys must be vault or machine');
  });
});

describe('wacctl certificate revoke', () => {
  it.each([
    [['--yes'], '--reason is missing'],
    [['--reason', 'keycompromise'], 'use --yes'],
    [['--reason', 'boredom', '--yes'], '--reason must be one of unspecified'],
  ])('with %j refuses before any request', async (options, sentence) => {
    const { code, stderr } = await run('certificate', 'revoke', machineId, ...options);
    expect({ code, lines: lines() }).toEqual({ code: 2, lines: [] });
    expect(stderr).toContain(sentence);
  });

  it('sends the reason, in any case of letters', async () => {
    api.routes[`POST ${path}/certificate/revocations`] = { status: 202, body: { ...done, kind: 'revoke' } };
    expect((await run('certificate', 'revoke', machineId, '--reason', 'KEYCOMPROMISE', '--yes')).code).toBe(
      0,
    );
    expect(api.requests.at(-1)).toMatchObject({
      line: `POST ${path}/certificate/revocations`,
      body: { reason: 'keyCompromise' },
    });
  });

  it.runIf(hasTerminals)('says on a terminal what happens, and does nothing without a yes', async () => {
    const env = { ADMIN_CENTER_API_URL: api.origin, ADMIN_CENTER_TOKEN: 't' };
    const asked = startProgram(['certificate', 'revoke', 'server-01', '--reason', 'superseded'], {
      env,
      isTerminal: true,
    });
    await asked.shows(/Revoke the certificate of server-01\? It is replaced first/);
    asked.type('no\n');
    expect(await asked.ended).toBe(1);
    expect(lines().filter((line) => line.startsWith('POST'))).toEqual([]);
  });
});

it('wacctl certificates prints the forecast as tables and weeks as bars', async () => {
  api.routes['GET /api/certificates/forecast'] = { body: sampleForecast() };
  const { code, stdout } = await run('certificates');
  expect(code).toBe(0);
  expect(stdout).toMatch(/^AUTHORITY {2}URGENT {2}INSTALLS {2}RENEWALS {2}TAKES ORDERS$/m);
  expect(stdout).toMatch(/^\d{4}-\d\d-\d\d {2}70 +47 +#+\++$/m);
});

describe('wacctl drill', () => {
  const running = sampleDrill();

  it('start asks first, so it needs --yes without a terminal; it revokes only when told', async () => {
    expect((await run('drill', 'start')).code).toBe(2);
    expect(lines()).toEqual([]);
    api.routes['POST /api/certificates/drill'] = { status: 202, body: running };
    const { code, stdout, stderr } = await run('drill', 'start', '--yes', '--issued-by', 'sample-ca');
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^drill drill234: running, 120 of 480 replaced \(25 %\), 20 left alone; expected to end/,
    );
    expect(stderr).toContain('wacctl drill status --follow');
    expect(api.requests.at(-1)?.body).toEqual({
      reason: 'unspecified',
      revoke: false,
      issuedBy: 'sample-ca',
    });
  });

  it('start names the one that runs already', async () => {
    api.routes['POST /api/certificates/drill'] = {
      status: 409,
      body: problem({ status: 409, code: 'drill_in_progress', drillId: 'drill234' }),
    };
    const { code, stderr } = await run('drill', 'start', '--yes', '--revoke', '--reason', 'keyCompromise');
    expect(code).toBe(1);
    expect(stderr).toMatch(/drillId +drill234/);
  });

  it('status follows the one that runs, a line a change, to its end', async () => {
    const older = sampleDrill({ id: 'older', status: 'succeeded', endedAt: fromNow(-1e9) });
    api.routes['GET /api/certificates/drills'] = { body: { value: [older, running] } };
    const end = { ...running, status: 'succeeded', replaced: 480, percent: 100, endedAt: fromNow(0) };
    api.routes['GET /api/certificates/drills/drill234'] = [
      { headers: soon, body: running },
      { headers: soon, body: running },
      { headers: soon, body: { ...running, replaced: 240, percent: 50 } },
      { body: end },
    ];
    const { code, stdout } = await run('drill', 'status', '--follow');
    expect(code).toBe(0);
    expect(stdout.match(/\d+ of 480/g)).toEqual(['120 of 480', '240 of 480', '480 of 480']);
  });

  it('status of a fleet that never had one ends with 0 and says how to start', async () => {
    api.routes['GET /api/certificates/drills'] = { body: { value: [] } };
    const { code, stdout, stderr } = await run('drill', 'status');
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
    expect(stderr).toContain('wacctl drill start');
  });

  it('cancel ends the one that runs, and with 1 where none does', async () => {
    api.routes['GET /api/certificates/drills'] = [
      { body: { value: [running] } },
      { body: { value: [{ ...running, status: 'cancelled', endedAt: fromNow(0) }] } },
    ];
    api.routes['DELETE /api/certificates/drills/drill234'] = { status: 202, body: running };
    expect(await run('drill', 'cancel', '--yes')).toEqual({
      code: 0,
      stdout: 'drill drill234 is being cancelled\n',
      stderr: '',
    });
    const again = await run('drill', 'cancel', '--yes');
    expect(again.code).toBe(1);
    expect(again.stderr).toContain('drill_not_running');
    expect((await run('drill', 'list')).stdout).toMatch(
      /^drill234 {2}cancelled {2}120 +480 {2}keyCompromise {2}yes/m,
    );
  });
});

describe('wacctl operation cancel', () => {
  it('calls off what waits', async () => {
    api.routes[`DELETE /api/operations/${renewal.id}`] = { status: 202, body: renewal };
    expect(await run('operation', 'cancel', renewal.id)).toEqual({
      code: 0,
      stdout: `renew ${renewal.id} is being cancelled\n`,
      stderr: '',
    });
  });

  it('ends with 1 and the words of the API when it runs already', async () => {
    api.routes[`DELETE /api/operations/${renewal.id}`] = {
      status: 409,
      body: problem({ status: 409, code: 'operation_not_cancellable' }),
    };
    const { code, stderr } = await run('operation', 'cancel', renewal.id);
    expect(code).toBe(1);
    expect(stderr).toContain('operation_not_cancellable');
  });
});

it('wacctl install sends who is to hold the key, and the wish for a new name', async () => {
  api.routes[`PUT ${path}/extension`] = { status: 202, body: { ...done, kind: 'install' } };
  expect((await run('install', machineId, '--keys', 'vault', '--new-name')).code).toBe(0);
  expect(api.requests.at(-1)?.body).toEqual({ keys: 'vault', newName: true });
});

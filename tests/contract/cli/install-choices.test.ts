import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { installRequest } from '#shared/protocol/install-api.ts';
import { type FakeApi, problem, startFakeApi } from './fake-api.ts';
import { hasTerminals, runHere, runProgram, startProgram } from './run-program.ts';
import { failedInstallation, installation, machine, machineId } from './sample-replies.ts';

const path = `/api/machines/${machineId}`;

let api: FakeApi;
beforeEach(async () => {
  api = await startFakeApi({
    [`GET ${path}`]: { body: machine() },
    [`PUT ${path}/extension`]: { status: 202, body: installation(3) },
  });
});
afterEach(() => api.close());

const run = (...args: string[]) => runHere(args, api.origin);
const sent = () => api.requests.find(({ line }) => line.startsWith('PUT'))?.body;

describe('what wacctl install asks for', () => {
  it.each([
    ['', {}],
    ['--reverse', { direct: null }],
    ['--consent', { consent: true }],
    ['--new-name --keys MACHINE', { newName: true, keys: 'machine' }],
    ['--sign-in local', { signIn: 'local' }],
    ['--sign-in virtual-account', { signIn: 'virtual-account' }],
    ['--direct 10.0.0.4', { direct: { address: '10.0.0.4' } }],
    ['--direct 2001:db8::4', { direct: { address: '2001:db8::4' } }],
    [
      '--direct 10.0.0.4 --source 10.0.0.0/8 --source 2001:db8::/32',
      { direct: { address: '10.0.0.4', sources: ['10.0.0.0/8', '2001:db8::/32'] } },
    ],
    [
      '--direct 203.0.113.7 --open-to-anyone --yes --port 443',
      { port: 443, direct: { address: '203.0.113.7', openToAnyone: true } },
    ],
  ])('is what was said: %s', async (line, body) => {
    expect((await run('install', machineId, ...line.split(' ').filter(Boolean))).code).toBe(0);
    expect(sent()).toEqual(body);
    expect(installRequest.safeParse(sent()).success).toBe(true);
  });

  it('is one of two ways to sign in', async () => {
    const { code, stderr } = await run('install', machineId, '--sign-in', 'me');
    expect(code).toBe(2);
    expect(stderr).toContain('--sign-in must be virtual-account or local');
    expect(api.requests).toEqual([]);
  });

  it('requirement 136: has the address that the API sees where the source is `me`', async () => {
    const me = { id: 'i', name: 'n', tenantId: 't', address: '198.51.100.9' };
    api.routes['GET /api/me'] = { body: me };
    const line = ['install', machineId, '--direct', '10.0.0.4', '--source', 'me', '--source', '10.0.0.0/8'];
    expect((await run(...line)).code).toBe(0);
    expect(sent()).toMatchObject({ direct: { sources: ['198.51.100.9', '10.0.0.0/8'] } });

    api.requests.length = 0;
    api.routes['GET /api/me'] = { body: { ...me, address: null } };
    const { code, stderr } = await run(...line);
    expect(code).toBe(1);
    expect(stderr).toContain('own_address_unknown');
    expect(sent()).toBeUndefined();
  });

  it('requirement 133: is open to everybody only after a question, and never without a terminal', async () => {
    const line = ['install', machineId, '--direct', '203.0.113.7', '--open-to-anyone'];
    expect((await run(...line)).code).toBe(2);
    expect(api.requests).toEqual([]);
  });

  it.runIf(hasTerminals)(
    'requirement 133: opens nothing when the question is not answered with yes',
    async () => {
      const line = ['install', machineId, '--direct', '203.0.113.7', '--open-to-anyone'];
      const env = { ADMIN_CENTER_API_URL: api.origin, ADMIN_CENTER_TOKEN: 't', NO_COLOR: '1' };
      const asked = startProgram(line, { env, isTerminal: true });
      await asked.shows(/Open the port of 203\.0\.113\.7 to everybody .*Type yes to go on/);
      asked.type('no\n');
      expect(await asked.ended).toBe(1);
      expect(asked.stdout).toContain('not_confirmed');
      expect(sent()).toBeUndefined();
    },
  );
});

describe('an install that is refused', () => {
  const unmet = {
    code: 'memory',
    rule: 'The machine has enough memory',
    met: false,
    severity: 'failure',
    found: '2 GiB',
    needed: '3 GiB',
    remedy: 'Give the machine at least 3 GiB of memory.',
  };
  const refusal = problem({ status: 422, code: 'precondition_unmet', preconditions: [unmet] });

  it('requirement 24: shows every requirement that is not met before the refusal', async () => {
    api.routes[`PUT ${path}/extension`] = { status: 422, body: refusal };
    const { code, stdout, stderr } = await run('install', machineId);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(
      /^MET +REQUIREMENT[^]*^no +The machine has enough memory +2 GiB +3 GiB +Give .*memory\.\nwacctl: [^]*precondition_unmet/m,
    );
  });

  it('is one JSON problem with --json', async () => {
    api.routes[`PUT ${path}/extension`] = { status: 422, body: refusal };
    const { stderr } = await run('install', machineId, '--json');
    expect(JSON.parse(stderr)).toEqual(refusal);
  });

  it('requirement 54: names what a replacement loses, and that consent is needed', async () => {
    const error = {
      ...failedInstallation.error,
      code: 'consent_required',
      hop: 'extension',
      title: 'It was installed by hand',
      detail: 'Windows Admin Center 2.4 listens on 443',
      remedy: 'Read `lost`.',
      retryable: false,
      facts: { lost: ['its connections', 'its certificate'] },
    };
    api.routes[`PUT ${path}/extension`] = { status: 202, body: { ...failedInstallation, error } };
    const { code, stderr } = await run('install', machineId);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^ {2}lost +its connections, its certificate$/m);
  });
});

describe('an install that failed', () => {
  const compensation = {
    undone: ['the extension AdminCenter', 'the queue of the agent'],
    left: [{ what: 'the endpoint', why: 'other experiences may use it' }],
  };
  const failed = { ...failedInstallation, compensation };

  it('says what it took back, in that order, and what it left and why', async () => {
    api.routes[`PUT ${path}/extension`] = { status: 202, body: failed };
    const { code, stdout } = await run('install', machineId);
    expect(code).toBe(1);
    expect(stdout.split('\n').slice(-5)).toEqual([
      expect.stringMatching(/install: failed in 3\.00 s$/),
      '  undone  the extension AdminCenter',
      '  undone  the queue of the agent',
      '  left    the endpoint: other experiences may use it',
      '',
    ]);
  });

  it('has it in its last line with --json, and when the operation is asked for later', async () => {
    api.routes[`PUT ${path}/extension`] = { status: 202, body: failed };
    const { stdout } = await run('install', machineId, '--json');
    expect(JSON.parse(stdout)).toMatchObject({ compensation });
    api.routes[`GET /api/operations/${failed.id}`] = { body: failed };
    expect((await run('operation', failed.id)).stdout).toContain(
      '\nleft    the endpoint: other experiences may use it\n',
    );
  });

  it('has no colour on a pipe, whatever it says', async () => {
    api.routes[`PUT ${path}/extension`] = { status: 202, body: failed };
    const { stdout, stderr } = await runProgram(['install', machineId], api.origin);
    expect(`${stdout}${stderr}`).not.toContain('\x1b');
  });
});

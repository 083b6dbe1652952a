import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type FakeApi, problem, startFakeApi } from './fake-api.ts';
import { runProgram } from './run-program.ts';
import { machine, machineId, machineList, resourceId } from './sample-replies.ts';

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

describe('wacctl machines', () => {
  it('prints a table without a colour on a pipe, and asks with the token of the environment', async () => {
    expect(await run('machines')).toEqual({
      code: 0,
      stderr: '',
      stdout: [
        'NAME       ID                          STATE  HEALTH   CERTIFICATE UNTIL     YOU MAY',
        `server-01  ${machineId}  ready  healthy  2026-04-01 00:00 UTC  install`,
        '',
      ].join('\n'),
    });
    expect(api.requests.map(({ authorization }) => authorization)).toEqual(['Bearer a-token']);
  });

  it('prints with --json what the API sent, members of a later version included, on one line', async () => {
    const body = { ...machineList([machine()]), later: { much: true } };
    api.routes['GET /api/machines'] = { body };
    const { code, stdout } = await run('--json', 'machines');
    expect(code).toBe(0);
    expect(stdout).toBe(`${JSON.stringify(body)}\n`);
  });

  const others = [1, 2].map((number) =>
    machine({ id: String(number).repeat(26), name: `server-1${number}` }),
  );
  const pages = [
    { body: machineList([machine()], { total: 3, matched: 3, next: 'second_page' }) },
    { body: machineList(others, { total: 3, matched: 3, before: 1, previous: 'first' }) },
  ];

  it('asks for what it is told to, page by page, and shows one table', async () => {
    api.routes['GET /api/machines'] = [...pages];
    const { code, stdout } = await run(
      'machines',
      '--search',
      'server 1&2',
      '--state',
      'READY',
      '--kind',
      'arc',
    );
    expect(code).toBe(0);
    expect(
      stdout
        .trimEnd()
        .split('\n')
        .map((line) => line.split(' ')[0]),
    ).toEqual(['NAME', 'server-01', 'server-11', 'server-12']);
    const asked = 'GET /api/machines?search=server+1%262&state=ready&kind=arc';
    expect(lines()).toEqual([`${asked}&top=1000`, `${asked}&skipToken=second_page&top=1000`]);
  });

  it('writes with --json each page on a line of its own', async () => {
    api.routes['GET /api/machines'] = [...pages];
    const { stdout } = await run('machines', '--json');
    expect(stdout).toBe(pages.map(({ body }) => `${JSON.stringify(body)}\n`).join(''));
  });

  it.each([
    ['--state', 'broken', 'failed, expired'],
    ['--kind', 'vm', 'arc, azure-vm, hci-cluster'],
  ])('refuses %s %s before it asks, and names what there is', async (option, value, known) => {
    const { code, stderr } = await run('machines', option, value);
    expect(code).toBe(2);
    expect(stderr).toContain(`${option} must be one of ${known}`);
    expect(lines()).toEqual([]);
  });

  it('tells a list in which nothing matches from one without machines', async () => {
    api.routes['GET /api/machines'] = { body: machineList([], { total: 3 }) };
    expect((await run('machines', '--search', 'x')).stderr).toBe(
      'None of the 3 machines that you may see matches.\n',
    );
    api.routes['GET /api/machines'] = { body: machineList([]) };
    expect((await run('machines')).stderr).toContain('There is no machine that you may see.');
  });
});

describe('wacctl machine', () => {
  it('finds a machine by its name in any case of letters', async () => {
    const { code, stdout } = await run('machine', 'SERVER-01');
    expect(code).toBe(0);
    expect(stdout).toContain(
      '\nto connect     you lack Microsoft.HybridCompute/machines/WACLoginAsAdmin/action\n',
    );
    expect(lines()).toEqual(['GET /api/machines?search=SERVER-01&top=1000', `GET ${path}`]);
  });

  it.each([
    ['its resource id', resourceId],
    ['its id', machineId],
  ])('asks for %s at once', async (_, given) => {
    expect((await run('machine', given)).code).toBe(0);
    expect(lines()).toEqual([`GET ${path}`]);
  });

  it('ends with 1 when two machines have the name, and names both', async () => {
    const other = machine({ id: 'b'.repeat(26), resourceId: `${resourceId}-b` });
    api.routes['GET /api/machines'] = { body: machineList([machine(), other]) };
    const { code, stderr } = await run('machine', 'server-01');
    expect(code).toBe(1);
    expect(stderr).toContain('machine_ambiguous');
    expect(stderr).toContain(machineId);
    expect(stderr).toContain(other.id);
  });
});

describe('wacctl connect', () => {
  const session = {
    sessionId: 'c'.repeat(16),
    url: 'https://l.a.wac.localhost/_session?ticket=x',
    expiresAt: '2026-01-01T01:00:00.000Z',
  };

  it('prints the URL alone on a pipe', async () => {
    api.routes[`POST ${path}/sessions`] = { status: 201, body: session };
    expect(await run('connect', machineId)).toEqual({ code: 0, stdout: `${session.url}\n`, stderr: '' });
    expect(api.requests.at(-1)?.body).toEqual({ service: 'WAC' });
  });

  it('waits for a session that takes longer than one answer', async () => {
    const reply = {
      sessionId: session.sessionId,
      service: 'SSH',
      user: 'u',
      createdAt: session.expiresAt,
      expiresAt: session.expiresAt,
      steps: [],
    };
    api.routes[`POST ${path}/sessions`] = {
      status: 202,
      headers: soon,
      body: { sessionId: session.sessionId, status: 'opening' },
    };
    api.routes[`GET ${path}/sessions/${session.sessionId}`] = [
      { headers: soon, body: { ...reply, state: 'opening' } },
      { body: { ...reply, state: 'open', url: session.url } },
    ];
    const { code, stdout } = await run('connect', machineId, '--service', 'ssh', '--json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual(session);
    expect(api.requests[0]?.body).toEqual({ service: 'SSH' });
  });

  it('ends a session by its id', async () => {
    api.routes[`DELETE ${path}/sessions/${session.sessionId}`] = { status: 204 };
    const { code, stdout } = await run('revoke', 'server-01', session.sessionId);
    expect({ code, stdout }).toEqual({ code: 0, stdout: `session ${session.sessionId} is revoked\n` });
  });
});

describe('what the API refuses', () => {
  it('is printed for a person, with the fact that the service added', async () => {
    api.routes[`GET ${path}`] = { status: 403, body: problem({ missingAction: 'some/action' }) };
    const { code, stdout, stderr } = await run('machine', machineId);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr.split('\n').map((line) => line.trim().replace(/ {2,}/, ': '))).toEqual([
      'wacctl: You may not do this here',
      'detail: no role gives you Microsoft.HybridCompute/machines/extensions/write on this machine',
      'code: access_denied',
      'hop: authorization',
      'missingAction: some/action',
      'remedy: Assign a role that has the missing action.',
      'status: 403',
      'instance: urn:uuid:00000000-0000-4000-8000-000000000099',
      '',
    ]);
  });

  it('is the problem itself with --json', async () => {
    const sent = problem({ missingAction: 'some/action' });
    api.routes[`GET ${path}`] = { status: 403, body: sent };
    const { code, stdout, stderr } = await run('machine', machineId, '--json');
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(JSON.parse(stderr)).toEqual(sent);
  });

  it('ends with 3 when it is the token', async () => {
    api.routes['GET /api/me'] = {
      status: 401,
      body: problem({ status: 401, code: 'token_invalid', hop: 'sign-in' }),
    };
    expect((await run('whoami')).code).toBe(3);
  });

  it('ends with 1 when a requirement is not met, after all of them were printed', async () => {
    const rule = {
      code: 'memory',
      rule: 'Memory',
      met: false,
      severity: 'failure',
      found: '2 GB',
      needed: '4 GB',
      remedy: 'Add memory.',
    };
    api.routes[`GET ${path}/preconditions`] = {
      body: { met: false, preconditions: [{ ...rule, code: 'os', rule: 'System', met: true }, rule] },
    };
    const { code, stdout, stderr } = await run('preconditions', machineId);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^yes +System[^]*^no +Memory +2 GB +4 GB +Add memory\.$/m);
    expect(stderr).toContain('precondition_unmet');
  });

  it('is judged for a way in that is only thought of', async () => {
    api.routes[`GET ${path}/preconditions?direct=10.0.0.4&port=443`] = {
      body: { met: true, preconditions: [] },
    };
    const { code } = await run('preconditions', machineId, '--direct', '10.0.0.4', '--port', '443');
    expect(code).toBe(0);
  });

  it('ends well when there are warnings alone, which are shown as such', async () => {
    const rule = {
      code: 'arc_agent_recommended',
      rule: 'Agent',
      met: false,
      severity: 'warning',
      found: '1.30',
      needed: '1.37',
      remedy: 'Update it.',
    };
    const unjudged = { ...rule, code: 'memory', rule: 'Memory', met: true, severity: 'info' };
    api.routes[`GET ${path}/preconditions`] = { body: { met: true, preconditions: [rule, unjudged] } };
    const { code, stdout } = await run('preconditions', machineId);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^warning +Agent +1\.30 +1\.37 +Update it\.$/m);
    expect(stdout).toMatch(/^unknown +Memory +1\.30 +1\.37\s*$/m);
  });
});

describe('an address', () => {
  it('at which nothing listens is named, with what the network said', async () => {
    await api.close();
    const { code, stderr } = await run('machines');
    expect(code).toBe(1);
    expect(stderr).toContain('api_unreachable');
    expect(stderr).toContain('ECONNREFUSED');
    api = await startFakeApi();
  });

  it('that answers something else is told as it is, without steering the terminal', async () => {
    api.routes['GET /api/machines'] = { body: '<html>\x1b[2J a login page' };
    const { code, stderr } = await run('machines');
    expect(code).toBe(1);
    expect(stderr).toContain('reply_unexpected');
    expect(stderr).not.toContain('\x1b');
  });

  it('that sends elsewhere is not followed: the token stays', async () => {
    const elsewhere = await startFakeApi({ 'GET /api/machines': { body: machineList([]) } });
    api.routes['GET /api/machines'] = {
      status: 302,
      headers: { location: `${elsewhere.origin}/api/machines` },
    };
    expect((await run('machines')).code).toBe(1);
    expect(elsewhere.requests).toEqual([]);
    await elsewhere.close();
  });
});

it('asks nobody to sign in without a terminal: it ends with 3 and says what to do', async () => {
  const { code, stderr } = await runProgram(['machines'], api.origin, { env: { ADMIN_CENTER_TOKEN: '' } });
  expect(code).toBe(3);
  expect(stderr).toContain(
    '`wacctl login` first (`--device-code` without a browser), or set ADMIN_CENTER_TOKEN',
  );
  expect(lines()).toEqual([]);
});

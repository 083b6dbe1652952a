import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { listedSession, operator, owner, sampleAccess } from './access-samples.ts';
import { type FakeApi, startFakeApi } from './fake-api.ts';
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

describe('wacctl sessions', () => {
  it('says who is on a machine, since when and how much, without columns that say nothing', async () => {
    const usage = { bytesUp: 919, bytesDown: 3_900, connections: 1, reportedAt: new Date().toISOString() };
    api.routes[`GET ${path}/sessions`] = { body: { value: [listedSession({ usage })] } };
    const { code, stdout } = await run('sessions', 'server-01');
    expect(code).toBe(0);
    expect(stdout.split('\n')[0]).toMatch(/^SESSION +WHO +SINCE +FOR +UP \/ DOWN$/);
    expect(stdout).toMatch(/\nabcdefghijklmnop +operator@sample\.localhost .* 10 min +919 B \/ 3\.8 KiB\n$/);
  });

  it('of every machine names it, and tells with --ended how and by whom they ended', async () => {
    const end = { at: new Date().toISOString(), reason: 'right_lost' as const, by: owner };
    api.routes['GET /api/sessions'] = {
      body: { value: [listedSession({ state: 'ended', end, from: '192.0.2.7', service: 'SSH' })] },
    };
    const { stdout } = await run('sessions', '--ended');
    expect(stdout).toMatch(
      /server-01 +SSH +operator@\S+ .* 192\.0\.2\.7 +right lost by owner@sample\.localhost\n$/,
    );
    expect(asked()).toEqual(['GET /api/sessions?ended=true']);
  });

  it('says that nobody is there beside an empty standard output', async () => {
    api.routes['GET /api/sessions'] = { body: { value: [] } };
    expect(await run('sessions')).toMatchObject({
      code: 0,
      stdout: '',
      stderr: expect.stringContaining('Nobody is connected'),
    });
    expect((await run('sessions', '--json')).stdout).toBe('{"value":[]}\n');
  });
});

describe('wacctl revoke', () => {
  it('ends all of a machine after a yes that was given', async () => {
    api.routes[`DELETE ${path}/sessions`] = { body: { ended: 2 } };
    const { code, stdout } = await run('revoke', 'server-01', '--all', '--yes');
    expect({ code, stdout }).toEqual({ code: 0, stdout: '2 sessions on server-01 are ended\n' });
  });

  it.each([
    [['revoke', 'server-01'], 'name one session, or --all and none'],
    [['revoke', 'server-01', 'abc', '--all'], 'name one session, or --all and none'],
    [['revoke', 'server-01', '--all'], 'use --yes'],
  ])('sends nothing for %j', async (args, sentence) => {
    const { code, stderr } = await run(...args);
    expect(code).toBe(2);
    expect(stderr).toContain(sentence);
    expect(api.requests).toEqual([]);
  });
});

describe('wacctl access explain', () => {
  it('ticks what is met, names what is not with its code, and says what to run', async () => {
    api.routes[`GET ${path}/access`] = { body: sampleAccess };
    const { code, stdout } = await run('access', 'explain', 'server-01');
    expect(code).toBe(0);
    expect(stdout.split('\n')).toEqual([
      'operator@sample.localhost on server-01',
      '',
      'Windows Admin Center: You may connect now.',
      '  ✓ role      Windows Admin Center Administrator Login gives it',
      '  ✓ endpoint  The endpoint is there',
      '',
      'SSH: You may not connect now.',
      '  ✓ role           Virtual Machine Administrator Login gives it',
      '  ✗ configuration  There is no configuration of SSH (service_not_configured)',
      '                   Say to which port.',
      '    $ az rest --method put --url …',
      '',
      'Rights, and what gives them',
      '  ✓ connect to WAC      Windows Admin Center Administrator Login at the subscription /subscriptions/00000000-0000-4000-8000-000000000001, through the group Operators, until 2026-06-30 00:00 UTC',
      '  ✗ install and remove  nothing gives Microsoft.HybridCompute/machines/extensions/write',
      '                        does not count: Contributor at the subscription /subscriptions/00000000-0000-4000-8000-000000000001: activate it first',
      '                        Assign Contributor.',
      '    $ az role assignment create --role Contributor',
      '',
      'As Azure said at 2026-01-01 08:30 UTC.',
      '',
    ]);
  });

  it('is about the only machine that there is where none is named, and about another person by id or name', async () => {
    api.routes[`GET ${path}/access`] = { body: sampleAccess };
    api.routes[`GET ${path}/access/people`] = {
      body: {
        value: [
          {
            role: 'Owner',
            scope: '/',
            scopeKind: 'root',
            principal: { ...operator, kind: 'user' },
            rights: ['see'],
            eligible: false,
          },
        ],
      },
    };
    expect((await run('access', 'explain', '--principal', operator.id)).stdout).toContain(
      'They may connect now.',
    );
    await run('access', 'explain', 'server-01', '--principal', 'OPERATOR@sample.localhost');
    expect(asked().filter((line) => line.includes('access?'))).toEqual(
      Array.from({ length: 2 }, () => `GET ${path}/access?principal=${operator.id}`),
    );
    expect((await run('access', 'explain', 'server-01', '--principal', 'nobody')).code).toBe(2);
  });

  it('asks which machine where there are several', async () => {
    api.routes['GET /api/machines'] = { body: machineList([machine(), machine({ name: 'server-02' })]) };
    const { code, stderr } = await run('access', 'explain');
    expect({ code, stderr }).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('one of the 2 machines'),
    });
  });
});

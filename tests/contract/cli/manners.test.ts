import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { listedSession } from './access-samples.ts';
import { type FakeApi, problem, startFakeApi } from './fake-api.ts';
import { runHere } from './run-program.ts';

let api: FakeApi;
beforeEach(async () => {
  api = await startFakeApi();
});
afterEach(() => api.close());

const run = (...args: string[]) => runHere(args, api.origin);

describe('every command', () => {
  const busy = (after: string) => ({
    status: 429,
    headers: { 'retry-after': after },
    body: problem({ status: 429, code: 'too_many_requests' }),
  });

  it('waits when it is told that it asks too much, and then goes on', async () => {
    api.routes['GET /api/sessions'] = [busy('0'), busy('0'), { body: { value: [listedSession()] } }];
    expect((await run('sessions')).code).toBe(0);
    expect(api.requests).toHaveLength(3);
  });

  it('does not wait longer than a minute for its turn', async () => {
    api.routes['GET /api/sessions'] = busy('61');
    const { code, stderr } = await run('sessions');
    expect(code).toBe(1);
    expect(stderr).toContain('too_many_requests');
    expect(api.requests).toHaveLength(1);
  });

  it('ends with 5 when it is not done within --timeout', async () => {
    api.routes['GET /api/sessions'] = () => new Promise<never>(() => undefined);
    const { code, stderr } = await run('sessions', '--timeout', '0.05', '--json');
    expect(code).toBe(5);
    expect(JSON.parse(stderr)).toMatchObject({ code: 'timed_out', retryable: true });
  });

  it('makes no remark with --quiet, and still says what went wrong', async () => {
    api.routes['GET /api/sessions'] = { body: { value: [] } };
    expect(await run('sessions', '--quiet')).toEqual({ code: 0, stdout: '', stderr: '' });
    api.routes['GET /api/sessions'] = { status: 403, body: problem() };
    expect((await run('sessions', '--quiet')).stderr).toContain('access_denied');
  });
});

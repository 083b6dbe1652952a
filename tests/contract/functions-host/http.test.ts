import { request as httpRequest } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createHostFolder, type HostProcess, post } from './host-process.ts';

const folder = createHostFolder();
let host: HostProcess;

beforeAll(async () => {
  host = await folder.start();
});
afterAll(() => folder.remove());

const get = (path: string, headers: Record<string, string> = {}) =>
  fetch(`${host.origin}${path}`, { headers });

describe('routes', () => {
  it('go to the function that is first in the alphabet, also when another is literal', async () => {
    expect(await (await get('/things/special')).json()).toEqual({ by: 'parameter', id: 'special' });
    expect(host.log.join('\n')).toContain("'aParameter' and 'bLiteral' can match the same request");
  });

  it('ignore case and a slash at the end', async () => {
    expect(await (await get('/THINGS/A%20b/')).json()).toEqual({ by: 'parameter', id: 'A b' });
  });

  it('serve the root through an empty optional parameter', async () => {
    expect(await (await get('/')).text()).toBe('home');
  });

  it('check constraints', async () => {
    expect(await (await get('/number/12')).json()).toEqual({ n: '12' });
    expect((await get('/number/twelve')).status).toBe(404);
  });

  it('give a catch-all the rest of the path, and nothing when there is none', async () => {
    expect(await (await get('/files/a/b.txt')).json()).toEqual({ path: 'a/b.txt' });
    expect(await (await get('/files/')).json()).toEqual({ path: null });
  });

  it('answer 404 for another method', async () => {
    expect((await post(`${host.origin}/number/12`)).status).toBe(404);
  });
});

describe('replies', () => {
  it.each([
    ['/nothing', 204],
    ['/empty', 200],
    ['/text', 500],
    ['/throws', 500],
    ['/umlaut', 500],
    ['/unknown', 404],
  ])('of %s have status %i', async (path, status) => {
    expect((await get(path)).status).toBe(status);
  });

  it('carry cookies', async () => {
    expect((await get('/cookies')).headers.get('set-cookie')).toBe('a=1; HttpOnly; SameSite=None');
  });

  it('join a repeated query value', async () => {
    expect(await (await get('/query?a=1&a=2')).json()).toEqual({ a: '1,2' });
  });
});

describe('request bodies', () => {
  it('arrive when they have a length', async () => {
    const response = await fetch(`${host.origin}/echo`, { method: 'POST', body: 'x'.repeat(70_000) });
    expect(await response.json()).toEqual({ length: 70_000 });
  });

  it('arrive empty when they are chunked', async () => {
    const answer = await new Promise<string>((resolve, reject) => {
      const request = httpRequest(`${host.origin}/echo`, { method: 'POST' }, (response) => {
        response.setEncoding('utf8').on('data', resolve);
      });
      request.on('error', reject).write('some bytes');
      request.end();
    });
    expect(JSON.parse(answer)).toEqual({ length: 0 });
  });

  it('over the limit are 413', async () => {
    const response = await new Promise<number | undefined>((resolve, reject) => {
      const request = httpRequest(
        `${host.origin}/echo`,
        { method: 'POST', headers: { 'content-length': String(101 * 1024 * 1024) } },
        ({ statusCode }) => {
          resolve(statusCode);
          request.destroy();
        },
      );
      request.on('error', reject).flushHeaders();
    });
    expect(response).toBe(413);
  });
});

describe('access', () => {
  it.each(['/admin/host/ping', '/admin/warmup'])('to %s is open', async (path) => {
    expect((await get(path)).status).toBe(200);
  });

  it.each(['/admin/host/status', '/admin/functions', '/runtime/webhooks/durabletask/instances/', '/guarded'])(
    'to %s needs a key',
    async (path) => {
      expect((await get(path)).status).toBe(401);
      expect((await get(path, { 'x-functions-key': 'guess' })).status).toBe(401);
      expect((await get(path, { 'x-functions-key': host.masterKey })).status).toBe(200);
      expect((await get(`${path}?code=${encodeURIComponent(host.masterKey)}`)).status).toBe(200);
    },
  );
});

describe('the admin endpoints', () => {
  it('run a timer now', async () => {
    const headers = { 'x-functions-key': host.masterKey };
    expect((await post(`${host.origin}/admin/functions/tick`, {}, headers)).status).toBe(202);
    await expect.poll(() => folder.runs()).toContain('tick pastDue=false next=true');
  });

  it('know no function that is not there', async () => {
    const headers = { 'x-functions-key': host.masterKey };
    expect((await post(`${host.origin}/admin/functions/nobody`, {}, headers)).status).toBe(404);
  });

  it('leave out a disabled function', async () => {
    const response = await get('/admin/functions', { 'x-functions-key': host.masterKey });
    const functions = (await response.json()) as { name: string }[];
    expect(functions.map(({ name }) => name)).toContain('tick');
    expect(functions.map(({ name }) => name)).not.toContain('leftOut');
  });
});

describe('the app process', () => {
  it('is started again after it died, and the host stays', async () => {
    const before = (await (await get('/process')).json()) as { pid: number; hostname: string };
    expect(before.hostname).toBe(new URL(host.origin).host);
    expect((await get('/dies')).status).toBe(500);
    const after = (await (await get('/process')).json()) as { pid: number };
    expect(after.pid).not.toBe(before.pid);
  });
});

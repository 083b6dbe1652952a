import { afterAll, describe, expect, it } from 'vitest';
import { createHostFolder, post, untilStatus } from './host-process.ts';

const folder = createHostFolder();
afterAll(() => folder.remove());

describe('an app that uses what is not served', () => {
  it('is refused at the start, with each function and what is wrong with it', async () => {
    const start = folder.start(new URL('../../fixtures/refused-app', import.meta.url).pathname);
    await expect(start).rejects.toThrow(
      /ended with 1.*'counter': its trigger 'entityTrigger' is not served.*'onQueue': its trigger 'queueTrigger' is not served.*'never': '%NO_SUCH_SETTING%' does not resolve/s,
    );
  });
});

describe('functionTimeout of host.json', () => {
  it('is overridden by the environment: an activity over it fails and its process is replaced', async () => {
    const host = await folder.start(undefined, {
      AzureFunctionsJobHost__functionTimeout: '00:00:01',
      AzureFunctionsJobHost__extensions__http__routePrefix: 'v1',
    });
    const api = `${host.origin}/v1`;
    const processId = async () => ((await (await fetch(`${api}/process`)).json()) as { pid: number }).pid;
    const before = await processId();
    await post(`${api}/start/steps/slow`, { ms: 60_000 });
    const status = await untilStatus(api, 'slow', 'Failed');
    expect(status.output).toMatch(/Activity function 'step' failed:  Timeout value of 1000 ms was exceeded/);
    const between = await processId();
    expect(between).not.toBe(before);

    // Code that never yields is ended as well: only the end of its process can.
    expect((await fetch(`${api}/spins`)).status).toBe(500);
    expect(await processId()).not.toBe(between);
  });
});

describe('the limits of host.json', () => {
  const levels = (begin: string, end: string) => {
    let running = 0;
    return folder.runs().flatMap((line) => {
      if (line.startsWith(begin)) return [(running += 1)];
      if (line.startsWith(end)) running -= 1;
      return [];
    });
  };

  it('hold requests back, refuse what is over them, and put headers on replies', async () => {
    const host = await folder.start(undefined, {
      AzureFunctionsJobHost__extensions__http__maxConcurrentRequests: '2',
      AzureFunctionsJobHost__extensions__http__maxOutstandingRequests: '4',
      AzureFunctionsJobHost__extensions__http__customHeaders: '{"x-host":"local"}',
      AzureFunctionsJobHost__extensions__durableTask__maxConcurrentActivityFunctions: '2',
    });
    const replies = await Promise.all(Array.from({ length: 6 }, () => fetch(`${host.origin}/slow`)));
    const withStatus = (wanted: number) => replies.filter(({ status }) => status === wanted).length;
    expect([withStatus(200), withStatus(429)]).toEqual([4, 2]);
    expect(replies[0]?.headers.get('x-host')).toBe('local');
    expect(Math.max(...levels('begin slow', 'end slow'))).toBe(2);

    const ids = ['a', 'b', 'c'];
    await Promise.all(ids.map((id) => post(`${host.origin}/start/one/${id}`, { n: `of ${id}`, ms: 50 })));
    await Promise.all(ids.map((id) => untilStatus(host.origin, id)));
    expect(Math.max(...levels('begin of', 'end of'))).toBe(2);
  });
});

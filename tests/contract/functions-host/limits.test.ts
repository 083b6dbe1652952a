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

describe('settings of host.json', () => {
  it('are overridden by the environment: an activity over functionTimeout fails and its process is replaced', async () => {
    const host = await folder.start(undefined, {
      AzureFunctionsJobHost__functionTimeout: '00:00:01',
      AzureFunctionsJobHost__extensions__http__routePrefix: 'v1',
    });
    const api = `${host.origin}/v1`;
    const { pid } = (await (await fetch(`${api}/process`)).json()) as { pid: number };
    await post(`${api}/start/steps/slow`, { ms: 60_000 });
    const status = await untilStatus(api, 'slow', 'Failed');
    expect(status.output).toMatch(/Activity function 'step' failed:  Timeout value of 1000 ms was exceeded/);
    const after = (await (await fetch(`${api}/process`)).json()) as { pid: number };
    expect(after.pid).not.toBe(pid);
  });
});

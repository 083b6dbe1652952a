import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createHostFolder, type HostProcess, post, untilStatus } from './host-process.ts';

const folder = createHostFolder();
let host: HostProcess;

beforeAll(async () => {
  host = await folder.start();
});
afterAll(() => folder.remove());

const start = (name: string, id: string, input: unknown = {}) =>
  post(`${host.origin}/start/${name}/${id}`, input);
const control = (operation: string, id: string, body: unknown = {}) =>
  post(`${host.origin}/control/${operation}/${id}`, body);

describe('the durable client', () => {
  it('starts an orchestration and reads its result', async () => {
    expect((await start('steps', 's1', { ms: 0 })).status).toBe(202);
    expect(await untilStatus(host.origin, 's1')).toMatchObject({ output: [10, 20, 30, 40] });
  });

  it('is given management URLs that work with their key', async () => {
    const links = (await (await start('steps', 's2', { ms: 0 })).json()) as Record<string, string>;
    await untilStatus(host.origin, 's2');
    const url = links['statusQueryGetUri'] ?? '';
    const response = await fetch(`${url}&showHistory=true`);
    expect(response.status).toBe(200);
    const { historyEvents } = (await response.json()) as { historyEvents: Record<string, unknown>[] };
    expect(historyEvents.map(({ EventType, FunctionName }) => [EventType, FunctionName])).toEqual([
      ['ExecutionStarted', 'steps'],
      ['TaskCompleted', 'step'],
      ['TaskCompleted', 'step'],
      ['TaskCompleted', 'step'],
      ['TaskCompleted', 'step'],
      ['ExecutionCompleted', undefined],
    ]);
    expect((await fetch(url.replace(/code=.*/, ''))).status).toBe(401);
  });

  it('cannot start a second instance of an id that runs', async () => {
    await start('waits', 'w1');
    expect((await start('waits', 'w1')).status).toBe(500);
    await control('terminate', 'w1', { reason: 'enough' });
    expect(await untilStatus(host.origin, 'w1', 'Terminated')).toMatchObject({ output: 'enough' });
    expect((await start('steps', 'w1', { ms: 0 })).status).toBe(202);
    await untilStatus(host.origin, 'w1');
  });

  it('raises events, and a finished instance takes them without effect', async () => {
    await start('waits', 'w2');
    await control('raise', 'w2', { name: 'approval', data: { by: 'me' } });
    expect(await untilStatus(host.origin, 'w2')).toMatchObject({ output: { by: 'me' } });
    expect((await control('raise', 'w2', { name: 'approval', data: 1 })).status).toBe(202);
    expect((await control('raise', 'unknown', { name: 'approval', data: 1 })).status).toBe(500);
  });

  it('purges', async () => {
    await start('steps', 'p1', { ms: 0 });
    await untilStatus(host.origin, 'p1');
    expect(await (await control('purge', 'p1')).json()).toMatchObject({ instancesDeleted: 1 });
    expect((await fetch(`${host.origin}/status/p1`)).status).toBe(500);
  });
});

describe('orchestrations over the process boundary', () => {
  it.each([
    ['fanOut', {}, [10, 20, 30]],
    ['retries', {}, 3],
    ['counts', { n: 1 }, { n: 3 }],
  ])('%s', async (name, input, output) => {
    await start(name, `o-${name}`, input);
    expect((await untilStatus(host.origin, `o-${name}`)).output).toEqual(output);
  });

  it('fail with the known names when nobody implements them', async () => {
    await start('nobody', 'n1');
    expect((await untilStatus(host.origin, 'n1', 'Failed')).output).toMatch(
      /known orchestrator functions: 'counts'/,
    );
  });

  it('log each line once, and nothing of what they were given', () => {
    expect(host.log.filter((line) => line === 'steps of s1')).toHaveLength(1);
    expect(host.log).toContain("s1: Function 'steps (Orchestrator)' completed.");
    expect(host.log.join('\n')).not.toContain('"by"');
  });

  it('run an activity again whose process died', async () => {
    await start('survives', 'd1');
    expect((await untilStatus(host.origin, 'd1')).output).toBe('survived');
    expect(folder.runs().filter((line) => line.startsWith('dieOnce'))).toHaveLength(2);
  });
});

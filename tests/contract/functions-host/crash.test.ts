import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createHostFolder, type HostFolder, post, untilStatus } from './host-process.ts';

let folder: HostFolder;
beforeEach(() => {
  folder = createHostFolder();
});
afterEach(() => folder.remove());

describe('kill -9 of the host', () => {
  it.each([1, 2, 3])('while activity %i runs ends as without it, and repeats that one alone', async (n) => {
    const first = await folder.start();
    await post(`${first.origin}/start/steps/k`, { ms: 150 });
    await expect.poll(() => folder.runs(), { timeout: 5_000, interval: 5 }).toContain(`begin ${n}`);
    await first.kill('SIGKILL');

    const second = await folder.start();
    expect((await untilStatus(second.origin, 'k')).output).toEqual([10, 20, 30, 40]);
    const begun = [1, 2, 3, 4].map((step) => folder.runs().filter((line) => line === `begin ${step}`).length);
    expect(begun).toEqual([1, 2, 3, 4].map((step) => (step === n ? 2 : 1)));
  });

  it('ends the app process too', async () => {
    const host = await folder.start();
    const { pid } = (await (await fetch(`${host.origin}/process`)).json()) as { pid: number };
    await host.kill('SIGKILL');
    await expect.poll(() => folder.runs(), { timeout: 5_000, interval: 5 }).toEqual([`exit ${pid}`]);
  });
});

describe('SIGTERM', () => {
  it('lets the running activity end, and the next host goes on behind it', async () => {
    const first = await folder.start();
    await post(`${first.origin}/start/steps/t`, { ms: 200 });
    await expect.poll(() => folder.runs(), { timeout: 5_000, interval: 5 }).toContain('begin 1');
    expect(await first.kill('SIGTERM')).toBe(0);
    expect(folder.runs().slice(0, 2)).toEqual(['begin 1', 'end 1']);
    expect(folder.runs()).not.toContain('begin 2');

    const second = await folder.start();
    expect((await untilStatus(second.origin, 't')).output).toEqual([10, 20, 30, 40]);
    expect(folder.runs().filter((line) => line === 'begin 1')).toHaveLength(1);
  });
});

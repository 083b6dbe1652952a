import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createTimeMachine, offsetOf, type TimeMachine } from '#local/management/time-machine.ts';

const preload = fileURLToPath(new URL('../../../local/kit/preload.mjs', import.meta.url));
const program = fileURLToPath(new URL('../../fixtures/followed-clock/main.mjs', import.meta.url));
const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

describe('a process that follows the clock', () => {
  let folder: string;
  let machine: TimeMachine;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'clock-'));
    machine = await createTimeMachine(join(folder, 'clock.json'));
  });
  afterEach(async () => {
    await machine.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('has dates and timers that jump with it and are the built-in ones in all else', async () => {
    await machine.advance(10 * dayMs);
    const facts = new Map<string, unknown>();
    const child = spawn(process.execPath, ['--import', preload, program], {
      env: { ...process.env, LOCAL_RUN_CLOCK: machine.file, NODE_NO_WARNINGS: '1' },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ended = new Promise<number | null>((resolve) => void child.once('exit', resolve));
    for await (const line of createInterface({ input: child.stdout })) {
      const { fact, value } = JSON.parse(line) as { fact: string; value: unknown };
      facts.set(fact, value);
      if (fact === 'ready') {
        await vi.waitUntil(() => machine.followers() === 1);
        facts.set('followed', await machine.advance(4 * hourMs));
      }
      if (fact === 'after refresh') await machine.advance(dayMs);
    }
    expect(await ended).toBe(0);
    expect(facts.get('followed')).toEqual({ followed: 1 });
    expect(facts.get('offset at the start')).toBeGreaterThan(10 * dayMs - 1_000);
    expect(facts.get('moved at least')).toBeGreaterThanOrEqual(4 * hourMs);
    const fired = facts.get('fired') as string[];
    const ordered = ['an', 'hour', 'interval', 'two hours', 'refreshed'];
    expect(fired.filter((name) => ordered.includes(name))).toEqual(ordered);
    expect(fired).toContain('slept');
    expect(fired).toContain('promisified');
    expect(facts.get('after refresh')).toEqual([3 * hourMs, 1.5 * hourMs]);
    expect(facts.get('at the end')).toBe('a day and more');
  });

  it('starts where an earlier run has stopped', async () => {
    await machine.advance(61 * dayMs);
    await machine.close();
    machine = await createTimeMachine(machine.file);
    expect(offsetOf(machine.file)).toBe(61 * dayMs);
    expect(machine.clock.offsetMs()).toBe(61 * dayMs);
  });
});

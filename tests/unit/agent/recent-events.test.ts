import { appendFile, mkdir, mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openRecentEvents, readRecentEvents } from '#agent/recent-events.ts';

describe('the last lines of the log', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'agent-events-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const fill = (from: number, to: number) => {
    const events = openRecentEvents(folder);
    for (let at = from; at < to; at += 1) events.add(`{"at":${at}}\n`);
  };
  const inFile = async () => (await readFile(join(folder, 'events.jsonl'), 'utf8')).split('\n').length - 1;

  it('are the last two hundred, over restarts too', async () => {
    fill(0, 150);
    fill(150, 1_000);
    const lines = readRecentEvents(folder);
    expect(lines).toHaveLength(200);
    expect(lines[0]).toBe('{"at":800}');
    expect(lines.at(-1)).toBe('{"at":999}');
  });

  it('never take more than twice that, each line bounded, for the owner alone', async () => {
    const events = openRecentEvents(folder);
    let most = 0;
    for (let at = 0; at < 450; at += 1) {
      events.add(`${'x'.repeat(10_000)}\n`);
      if (at % 50 === 0) most = Math.max(most, await inFile());
    }
    expect(most).toBeGreaterThan(200);
    expect(most).toBeLessThanOrEqual(400);
    const { size, mode } = await stat(join(folder, 'events.jsonl'));
    expect(size).toBeLessThanOrEqual(400 * 4_000);
    expect(mode & 0o777).toBe(0o600);
  });

  it('survive a line that broke off', async () => {
    fill(0, 3);
    await appendFile(join(folder, 'events.jsonl'), '{"at":');
    expect(readRecentEvents(folder)).toEqual(['{"at":0}', '{"at":1}', '{"at":2}', '{"at":']);
  });

  it('end nothing when they cannot be written', async () => {
    await mkdir(join(folder, 'events.jsonl'));
    expect(() => fill(0, 3)).not.toThrow();
    expect(readRecentEvents(join(folder, 'none'))).toEqual([]);
  });
});

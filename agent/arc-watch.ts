import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { pause } from './back-off.ts';
import type { ArcConfiguration, Reading } from './host-checks.ts';

/** How often the Arc agent's files are looked at. */
const lookMs = 2_000;
/** How often its program is asked, whatever the files say. */
const askMs = 30_000;
/** The same while there is no answer, so that what was mended is soon seen. */
const brokenAskMs = 5_000;
/** One failed answer may be bad luck; a second one after this is not. */
const secondTryMs = 500;

export type ArcReading = Reading<ArcConfiguration | undefined>;

export interface ArcWatchOptions {
  /** Asks the Arc agent. */
  read(): Promise<ArcReading>;
  /** Where the Arc agent keeps its configuration. */
  folder: string;
  onChange(reading: ArcReading): void;
  lookMs?: number;
  askMs?: number;
}

/** What the Arc agent lets in, as last read. Who cannot read it lets nobody in. */
export interface ArcWatch {
  current(): ArcReading;
  close(): void;
}

/** Names and times of the files there; empty where there is no such folder. */
async function fingerprintOf(folder: string): Promise<string> {
  const names = await readdir(folder).catch(() => []);
  const files = names.filter((name) => name.endsWith('.json')).toSorted();
  const times = files.map(async (name) => {
    const found = await stat(join(folder, name)).catch(() => undefined);
    return `${name} ${found?.mtimeMs} ${found?.size} ${found?.ino}`;
  });
  return (await Promise.all(times)).join('\n');
}

/**
 * Reads the Arc agent's configuration at once, again when one of its files was written, and every half minute. An Arc
 * agent that was there and has gone, as in an update, is one that cannot be read, until this agent starts again.
 */
export async function watchArcConfiguration(options: ArcWatchOptions): Promise<ArcWatch> {
  const { read, folder } = options;
  const closed = new AbortController();
  let wasThere = false;

  async function readOnce(): Promise<ArcReading> {
    const reading = await read().catch((error: unknown): ArcReading => ({ unknown: String(error) }));
    if ('unknown' in reading) return reading;
    if (reading.known) wasThere = true;
    else if (wasThere) return { unknown: 'azcmagent has gone from this machine' };
    return reading;
  }

  async function readSurely(): Promise<ArcReading> {
    const first = await readOnce();
    if ('known' in first) return first;
    await pause(secondTryMs, closed.signal);
    return readOnce();
  }

  let fingerprint = await fingerprintOf(folder);
  let current = await readSurely();
  let readAt = performance.now();

  async function look(): Promise<void> {
    const latest = await fingerprintOf(folder);
    const restMs = 'unknown' in current ? brokenAskMs : (options.askMs ?? askMs);
    if (latest === fingerprint && performance.now() - readAt < restMs) return;
    // What is written while the program runs is seen by the next look.
    fingerprint = latest;
    readAt = performance.now();
    const next = await readSurely();
    if (closed.signal.aborted || isDeepStrictEqual(current, next)) return;
    current = next;
    options.onChange(next);
  }

  async function run(): Promise<void> {
    while (!closed.signal.aborted) {
      await pause(options.lookMs ?? lookMs, closed.signal);
      if (!closed.signal.aborted) await look();
    }
  }
  void run();
  return { current: () => current, close: () => closed.abort() };
}

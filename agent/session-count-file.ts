import { join } from 'node:path';
import { z } from 'zod';
import { serviceNames } from '#shared/domain/machine.ts';
import { pause } from './back-off.ts';
import { readIfPresent, writeDurably } from './durable-file.ts';

/** At most one write in this time. */
const restMs = 3_000;

const sessionRecord = z.object({
  sessionId: z.string(),
  service: z.enum(serviceNames),
  /** Unix seconds. */
  endsAt: z.number(),
  bytesUp: z.number(),
  bytesDown: z.number(),
  lastActiveAt: z.iso.datetime().optional(),
  ended: z
    .object({
      at: z.iso.datetime(),
      reason: z.enum(['expired', 'revoked', 'local_policy', 'service_closed']),
    })
    .optional(),
});
export type SessionRecord = z.infer<typeof sessionRecord>;
const countFile = z.array(sessionRecord);

export interface SessionCountFile {
  /** As it was when the agent started. */
  kept(): SessionRecord[];
  /** Replaces the file soon; what comes meanwhile goes with it. Resolves when it is written. Never rejects. */
  write(records: SessionRecord[]): Promise<void>;
  /** The same at once, for the last time. */
  close(records: SessionRecord[]): Promise<void>;
}

/** `session-counts.json`. Counts that were damaged begin again: nobody is let in by them. */
export async function openSessionCountFile(
  dataDirectory: string,
  onFailure: (error: unknown) => void,
): Promise<SessionCountFile> {
  const file = join(dataDirectory, 'session-counts.json');
  let kept: SessionRecord[] = [];
  try {
    kept = countFile.parse(JSON.parse((await readIfPresent(file)) ?? '[]'));
  } catch (error) {
    onFailure(error);
  }
  let waiting: SessionRecord[] | undefined;
  let last: Promise<void> = Promise.resolve();
  let rest: Promise<void> = Promise.resolve();
  const closing = new AbortController();

  async function writeNext(before: Promise<void>): Promise<void> {
    await before;
    const records = waiting ?? [];
    waiting = undefined;
    await writeDurably(file, JSON.stringify(records)).catch(onFailure);
    rest = pause(restMs, closing.signal);
  }

  function write(records: SessionRecord[]): Promise<void> {
    const isPlanned = waiting !== undefined;
    waiting = records;
    if (!isPlanned) last = writeNext(last.then(() => rest));
    return last;
  }

  return {
    kept: () => structuredClone(kept),
    write,
    close(records) {
      closing.abort();
      return write(records);
    },
  };
}

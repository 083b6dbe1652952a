import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createJumpingClock, type JumpingClock } from '#local/kit/jumping-clock.ts';
import { createClockFollowers } from './clock-followers.ts';

/** One clock for the stand-ins of this process and, through `file`, for every process that is started to follow it. */
export interface TimeMachine {
  readonly clock: JumpingClock;
  /** For the environment variable LOCAL_RUN_CLOCK of other processes. */
  readonly file: string;
  followers(): number;
  /** Resolves when the callbacks that fell due were called and the followers are there. */
  advance(ms: number): Promise<{ followed: number }>;
  close(): Promise<void>;
}

/** How far an earlier run with this file went; 0 when there was none. */
export function offsetOf(file: string): number {
  if (!existsSync(file)) return 0;
  const { offsetMs } = JSON.parse(readFileSync(file, 'utf8')) as { offsetMs?: unknown };
  if (typeof offsetMs !== 'number' || !(offsetMs >= 0)) throw new Error(`${file} holds no clock offset`);
  return offsetMs;
}

/**
 * The clock goes on where the file says. The new offset is written before anything fires: what a stand-in has stored
 * is never in the future of the next run.
 */
export async function createTimeMachine(file: string, wantedPort = 0): Promise<TimeMachine> {
  const clock = createJumpingClock(offsetOf(file));
  const followers = await createClockFollowers(wantedPort, () => clock.offsetMs());
  const write = (offsetMs: number) => {
    writeFileSync(`${file}.new`, `${JSON.stringify({ offsetMs, port: followers.port })}\n`, { mode: 0o600 });
    renameSync(`${file}.new`, file);
  };
  write(clock.offsetMs());
  let last: Promise<unknown> = Promise.resolve();

  const jump = async (ms: number) => {
    write(clock.offsetMs() + ms);
    clock.advance(ms);
    return { followed: await followers.tell(clock.offsetMs()) };
  };
  return {
    clock,
    file,
    followers: () => followers.count,
    advance(ms) {
      // One jump at a time: each is at its end everywhere before the next begins.
      const mine = last.then(() => jump(ms));
      last = mine.catch(() => {});
      return mine;
    },
    close: () => followers.close(),
  };
}

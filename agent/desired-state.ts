import { toAppError } from '#shared/domain/error.ts';
import type { AgentState } from '#shared/protocol/agent-messages.ts';
import { pause, retry } from './back-off.ts';

/** Events are hints that can be lost, so state is read again this often without any. */
const intervalMs = 60 * 60_000;
/** After a refusal that no repetition mends by itself; somebody may mend it meanwhile. */
const afterRefusalMs = 5 * 60_000;

export interface DesiredStateOptions {
  read(): Promise<AgentState>;
  /** Makes it so. It may be called again with the same state. */
  apply(state: AgentState): Promise<void>;
  signal: AbortSignal;
  onApplied(): void;
  onFailure(error: unknown, waitMs: number): void;
  random?: () => number;
}

export interface DesiredState {
  /** Asks for a reading soon; several requests while one runs make one more. */
  refresh(): void;
  /** Reads and applies at once, at each `refresh` and every hour; resolves after the abort. */
  run(): Promise<void>;
}

export function createDesiredState(options: DesiredStateOptions): DesiredState {
  const { signal, random = Math.random } = options;
  let wanted = Promise.withResolvers<void>();

  /** Answers how long to wait for the next one. */
  async function applyOnce(): Promise<number> {
    try {
      await retry(async () => options.apply(await options.read()), signal, options.onFailure);
      options.onApplied();
      return intervalMs * (0.9 + 0.2 * random());
    } catch (error) {
      if (signal.aborted) return 0;
      const waitMs = Math.max(afterRefusalMs, toAppError(error).retryAfterMs ?? 0);
      options.onFailure(error, waitMs);
      return waitMs;
    }
  }

  return {
    refresh: () => wanted.resolve(),
    async run() {
      while (!signal.aborted) {
        wanted = Promise.withResolvers();
        const waitMs = await applyOnce();
        const turn = new AbortController();
        await Promise.race([wanted.promise, pause(waitMs, AbortSignal.any([signal, turn.signal]))]);
        turn.abort();
      }
    },
  };
}

import type { EgressReport, Unreachable } from '#shared/protocol/agent-messages.ts';
import { pause } from './back-off.ts';

const intervalMs = 60 * 60_000;
/** While something is not reached: who opens a firewall wants to see that it helped. */
const intervalWhenAmissMs = 5 * 60_000;

export interface EgressWatchOptions {
  /** Answers what is not reached of `host:port` each. */
  check(hosts: readonly string[]): Promise<Unreachable[]>;
  signal: AbortSignal;
  now(): number;
  /** After a check; `hasChanged` when it is the first, or another set than before is not reached. */
  onChecked(unreachable: readonly Unreachable[], hasChanged: boolean): void;
  random?: () => number;
}

export interface EgressWatch {
  /** What this machine needs, as desired state lists it. Another list than before is checked at once. */
  aim(hosts: readonly string[]): void;
  /** Undefined until a list was checked. */
  latest(): EgressReport | undefined;
  /** Checks at once, at each new list and every hour; resolves after the abort. */
  run(): Promise<void>;
}

export function createEgressWatch(options: EgressWatchOptions): EgressWatch {
  const { signal, random = Math.random } = options;
  let hosts: readonly string[] = [];
  let latest: EgressReport | undefined;
  let wanted = Promise.withResolvers<void>();

  async function checkOnce(): Promise<void> {
    if (hosts.length === 0) {
      latest = undefined;
      return;
    }
    const unreachable = await options.check(hosts);
    // A try that was ended is no finding.
    if (signal.aborted) return;
    const hasChanged = JSON.stringify(latest?.unreachable) !== JSON.stringify(unreachable);
    latest = { checkedAt: new Date(options.now()).toISOString(), unreachable };
    options.onChecked(unreachable, hasChanged);
  }

  return {
    aim(next) {
      if (next.join() === hosts.join()) return;
      hosts = [...next];
      wanted.resolve();
    },
    latest: () => latest,
    async run() {
      while (!signal.aborted) {
        wanted = Promise.withResolvers();
        await checkOnce();
        const usualMs = latest?.unreachable.length ? intervalWhenAmissMs : intervalMs;
        const turn = new AbortController();
        const waitMs = usualMs * (0.9 + 0.2 * random());
        await Promise.race([wanted.promise, pause(waitMs, AbortSignal.any([signal, turn.signal]))]);
        turn.abort();
      }
    },
  };
}

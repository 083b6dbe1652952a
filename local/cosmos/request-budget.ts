import type { Clock } from '#local/kit/clock.ts';
import type { HttpReply } from '#local/kit/http-server.ts';
import { throttled } from './errors.ts';
import { chargeOfRead } from './request-charge.ts';

/**
 * Request units per second and container. A request is let in while anything is left, and what it cost is taken
 * afterwards, as the service does: a dear one drives the budget below zero, and others wait until it has refilled.
 */
export interface RequestBudget {
  /** From now on; undefined switches the budget off. */
  limit(unitsPerSecond: number | undefined): void;
  /** Throws 429 with the time after which the budget is above zero again. */
  spend(container: string, work: () => HttpReply): HttpReply;
}

interface Account {
  left: number;
  atMs: number;
}

export function createRequestBudget(clock: Clock, initial: number | undefined): RequestBudget {
  let perSecond = initial;
  const accounts = new Map<string, Account>();

  const accountOf = (container: string, rate: number): Account => {
    const now = clock.now();
    const known = accounts.get(container) ?? { left: rate, atMs: now };
    const left = Math.min(rate, known.left + ((now - known.atMs) / 1000) * rate);
    const current = { left, atMs: now };
    accounts.set(container, current);
    return current;
  };

  return {
    limit(unitsPerSecond) {
      perSecond = unitsPerSecond;
      accounts.clear();
    },
    spend(container, work) {
      if (perSecond === undefined) return work();
      const account = accountOf(container, perSecond);
      if (account.left <= 0) throw throttled(Math.ceil((-account.left / perSecond) * 1000) + 1);
      try {
        const answer = work();
        account.left -= Number(answer.headers?.['x-ms-request-charge'] ?? chargeOfRead(1));
        return answer;
      } catch (error) {
        account.left -= chargeOfRead(1);
        throw error;
      }
    },
  };
}

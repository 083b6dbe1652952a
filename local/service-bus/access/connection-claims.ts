import type { Clock } from '#local/kit/clock.ts';
import { ServiceBusError } from '../service-bus-error.ts';
import type { Right } from '../store/entity-store.ts';
import type { Grant } from './authorization.ts';
import { pathAndAbove, trimPath } from './resource-path.ts';

/** What one connection was granted over `$cbs`. */
export interface ConnectionClaims {
  /** A newer token for the same resource replaces the older one. */
  put(path: string, grant: Grant): void;
  /** Throws `unauthorized` unless a live token on this path or above it carries the right. */
  require(path: string, right: Right): void;
  stop(): void;
}

/** `onExpired` is called when a token ran out, so that links which nothing else covers can be closed. */
export function createConnectionClaims(clock: Clock, onExpired: () => void): ConnectionClaims {
  const grants = new Map<string, Grant>();
  let cancel = () => {};
  // A token may still be under verification when its connection ends.
  let isStopped = false;

  const arm = () => {
    cancel();
    if (isStopped || grants.size === 0) return;
    const next = Math.min(...[...grants.values()].map(({ expiresAt }) => expiresAt));
    cancel = clock.at(next, () => {
      for (const [path, grant] of grants) if (grant.expiresAt <= clock.now()) grants.delete(path);
      onExpired();
      arm();
    });
  };

  return {
    put(path, grant) {
      grants.set(path, grant);
      arm();
    },
    require(path, right) {
      const wanted = trimPath(path);
      for (const claimed of pathAndAbove(wanted)) {
        const grant = grants.get(claimed);
        if (grant && grant.expiresAt > clock.now() && grant.allows(wanted, right)) return;
      }
      throw new ServiceBusError(
        'unauthorized',
        `Unauthorized access. '${right}' claim(s) are required to perform this operation. Resource: '${path}'.`,
      );
    },
    stop() {
      isStopped = true;
      cancel();
    },
  };
}

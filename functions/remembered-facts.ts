import type { MachineFacts } from '#shared/domain/machine.ts';
import type { ResourceManager } from '#shared/ports/resource-manager.ts';

/** A connect is decided on facts that are no older than this. */
const freshMs = 10 * 60_000;
/** From this age on a reading that is used is also renewed beside it: machines in use are never waited for. */
const renewMs = freshMs / 2;
const most = 10_000;

/** The facts of machines as Azure Resource Manager has them; undefined when the machine is not there. */
export interface FactsReader {
  /** Reads now. */
  read(resourceId: string): Promise<MachineFacts | undefined>;
  /** What was read in the last ten minutes, else reads now; calls that come together share one reading. */
  recent(resourceId: string): Promise<MachineFacts | undefined>;
}

/** Remembers what was read of a machine, whoever asked for it. */
export function rememberFacts(
  resources: Pick<ResourceManager, 'findMachine'>,
  now: () => number,
): FactsReader {
  const known = new Map<string, { readAt: number; facts: Promise<MachineFacts | undefined> }>();
  const renewals = new Set<string>();

  function read(resourceId: string): Promise<MachineFacts | undefined> {
    const key = resourceId.toLowerCase();
    const reading = { readAt: now(), facts: resources.findMachine(resourceId) };
    known.delete(key);
    known.set(key, reading);
    const [oldest] = known.keys();
    if (known.size > most && oldest !== undefined) known.delete(oldest);
    // A failure and an absence are no facts: the next caller asks again.
    const forget = () => known.get(key) === reading && known.delete(key);
    reading.facts.then((facts) => facts ?? forget(), forget);
    return reading.facts;
  }

  /** Takes the place of what is known only when it succeeds. */
  function renew(resourceId: string): void {
    const key = resourceId.toLowerCase();
    if (renewals.has(key)) return;
    renewals.add(key);
    const readAt = now();
    resources
      .findMachine(resourceId)
      .then((facts) => {
        if (facts) known.set(key, { readAt, facts: Promise.resolve(facts) });
        else known.delete(key);
      })
      .catch(() => {})
      .finally(() => renewals.delete(key));
  }

  return {
    read,
    async recent(resourceId) {
      const found = known.get(resourceId.toLowerCase());
      const age = found ? now() - found.readAt : freshMs;
      if (!found || age >= freshMs) return read(resourceId);
      if (age >= renewMs) renew(resourceId);
      return found.facts;
    },
  };
}

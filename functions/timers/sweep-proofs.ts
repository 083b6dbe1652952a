import { app, type InvocationContext } from '@azure/functions';
import type { AppPorts, PortsProvider } from '../ports.ts';

/** Every hour, away from its start, when the other timers run. */
const schedule = '0 17 * * * *';
/** An order lives at most a day here, so nothing waits for a proof that nobody touched since. */
const longestOrderMs = 24 * 60 * 60 * 1000;

/**
 * Takes out proofs of orders that ended without their cleanup: a terminated instance never reaches its `finally`.
 * Only the values that were listed go, and a set that fails never stops the next.
 */
export async function sweepProofs(
  { dns, now }: Pick<AppPorts, 'dns' | 'now'>,
  context: Pick<InvocationContext, 'info' | 'warn'>,
): Promise<void> {
  const touchedBefore = now().getTime() - longestOrderMs;
  for (const { relativeName, values, touchedAt } of await dns.listProofs()) {
    if (Date.parse(touchedAt) >= touchedBefore) continue;
    try {
      await dns.removeTextValues(relativeName, values);
      context.info(`removed ${values.length} values of ${relativeName}, last touched ${touchedAt}`);
    } catch (error) {
      context.warn(`${relativeName}, last touched ${touchedAt}, was not swept: ${String(error)}`);
    }
  }
}

export function registerProofSweep(provider: PortsProvider): void {
  app.timer('sweepProofs', { schedule, handler: (_, context) => sweepProofs(provider(), context) });
}

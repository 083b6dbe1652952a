import { AppError } from '#shared/domain/error.ts';
import type { AppPorts } from '../ports.ts';
import type { Caller } from './authorization.ts';

const minuteMs = 60_000;
/** Of one caller in a minute. */
const most = 10;
/** Callers that are remembered. */
const mostCallers = 10_000;

const recents = new WeakMap<AppPorts, Map<string, { since: number; count: number }>>();

/**
 * A connect that is refused has a flow and a record of its own, which are kept for good: whoever tries on and on what he may
 * not is refused here, and recorded as any other request. Throws `access_denied`.
 */
export function limitRefusedConnects(ports: AppPorts, { id, name }: Caller, missingAction: string): void {
  const recent = recents.get(ports) ?? new Map<string, { since: number; count: number }>();
  recents.set(ports, recent);
  const at = ports.now().getTime();
  const found = recent.get(id);
  const caller = found && Math.abs(at - found.since) < minuteMs ? found : { since: at, count: 0 };
  if (caller.count >= most)
    throw new AppError('access_denied', `no role gives ${name} ${missingAction} here`, {
      facts: { condition: 'role', missingAction },
    });
  recent.delete(id);
  recent.set(id, { ...caller, count: caller.count + 1 });
  const [oldest] = recent.keys();
  if (recent.size > mostCallers && oldest !== undefined) recent.delete(oldest);
}

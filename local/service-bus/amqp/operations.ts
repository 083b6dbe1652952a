import type { Calls } from '#local/kit/calls.ts';
import type { Fault, FaultKind, Faults } from '#local/kit/faults.ts';
import { asServiceBusError, type RefusalCode, ServiceBusError, throttled } from '../service-bus-error.ts';

/** Every operation of a connection goes through here: it is counted, and a switched-on fault strikes it. */
export interface Operations {
  /**
   * Does the work, now or after the fault's delay; what it throws, or the fault's status, goes to `refuse`. The work
   * is given the fault for what only it can do: lose the lock in question, judge by another clock.
   */
  run(
    operation: string,
    work: (fault: Fault | undefined) => void,
    refuse: (reason: ServiceBusError) => void,
  ): void;
  /** For work that cannot wait: throws what the fault wants instead. A delay is passed over. */
  require(operation: string): void;
}

/** The faults that strike here; `lockLost` where a lock is settled or renewed, `skewMs` on `$cbs`. */
export const honouredFaults: readonly FaultKind[] = [
  'status',
  'delayMs',
  'drop',
  'throttleMs',
  'lockLost',
  'skewMs',
];

const refusalOf: Readonly<Record<number, RefusalCode>> = {
  401: 'unauthorized',
  403: 'quota_exceeded',
  404: 'entity_not_found',
  408: 'timeout',
  410: 'message_lock_lost',
  429: 'server_busy',
  500: 'internal',
  503: 'server_busy',
};

export function createOperations(calls: Calls, faults: Faults, drop: () => void): Operations {
  const take = (operation: string): Fault | undefined => {
    calls.add(operation);
    return faults.take(operation);
  };
  const strike = (operation: string, fault: Fault | undefined) => {
    if (fault?.drop) drop();
    if (fault?.throttleMs !== undefined) throw throttled(fault.throttleMs);
    if (fault?.drop || fault?.status !== undefined)
      throw new ServiceBusError(
        refusalOf[fault.status ?? 503] ?? 'internal',
        `A fault is switched on for ${operation}.`,
      );
  };
  return {
    run(operation, work, refuse) {
      const fault = take(operation);
      const go = () => {
        try {
          strike(operation, fault);
          work(fault);
        } catch (error) {
          refuse(asServiceBusError(error));
        }
      };
      if (fault?.delayMs) setTimeout(go, fault.delayMs);
      else go();
    },
    require: (operation) => strike(operation, take(operation)),
  };
}

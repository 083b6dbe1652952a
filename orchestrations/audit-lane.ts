import { setTimeout as sleep } from 'node:timers/promises';
import type { AuditHeadDocument } from '#shared/domain/audit-documents.ts';
import type { MachineStore, Stored } from '#shared/ports/machine-store.ts';

/** One writer's turn at a machine's chain. */
interface Turn {
  started: Promise<void>;
  ended: Promise<void>;
  /** The chain's end as this turn left it. */
  head?: Stored<AuditHeadDocument>;
}

/** Who hangs for longer no longer holds the others up: their turns keep nothing right, they only spare lost races. */
const patienceMs = 50;

/** The last turn of each machine, by the store that the writers share. */
const lanes = new WeakMap<MachineStore, Map<string, Turn>>();

/**
 * Lets the writers of one machine in this process write one after the other: a thousand sessions that end together are a
 * thousand batches then, and none is lost to another. `write` is given the head that the turn before it left, and answers
 * its own.
 */
export async function inTurn<T>(
  store: MachineStore,
  machineId: string,
  write: (
    head: Stored<AuditHeadDocument> | undefined,
  ) => Promise<{ answer: T; head: Stored<AuditHeadDocument> }>,
): Promise<T> {
  const lane = lanes.get(store) ?? new Map<string, Turn>();
  lanes.set(store, lane);
  const before = lane.get(machineId);
  const [started, ended] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const turn: Turn = { started: started.promise, ended: ended.promise };
  lane.set(machineId, turn);
  if (before) {
    await before.started;
    await Promise.race([before.ended, sleep(patienceMs)]);
  }
  started.resolve();
  try {
    const { answer, head } = await write(before?.head);
    turn.head = head;
    return answer;
  } finally {
    ended.resolve();
    if (lane.get(machineId) === turn) lane.delete(machineId);
  }
}

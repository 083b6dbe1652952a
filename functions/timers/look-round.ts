import type { InvocationContext } from '@azure/functions';
import { type MachineDocument, roundPartition } from '#shared/domain/documents.ts';
import { AppError } from '#shared/domain/error.ts';
import { nextOfRound } from '#shared/domain/round.ts';
import type { AppPorts } from '../ports.ts';

/** Looks at a time. */
const width = 10;

interface Round {
  /** Under this name stands where it goes on. */
  name: string;
  machines: readonly MachineDocument[];
  /** Looked at in each round first, beside the others. */
  first?: readonly MachineDocument[];
  /** Looks in one tick, for each of both. */
  size: number;
  /** Answers false when it can do no more in this tick: the next one begins with this machine. */
  look(machine: MachineDocument): Promise<boolean>;
}

/**
 * A tick's share of a fair round through the machines. Azure Resource Manager is left alone for the rest of the tick as
 * soon as it does not answer or limits the rate; any other failure keeps no machine from its look.
 */
export async function lookRound(
  { store }: Pick<AppPorts, 'store'>,
  { name, machines, first = [], size, look }: Round,
  context: Pick<InvocationContext, 'warn'>,
): Promise<void> {
  const after = (await store.read(roundPartition, 'round', name))?.document.after ?? '';
  const page = nextOfRound(machines, after, size);
  const waiting = [...first.slice(0, size), ...page];
  const isOfPage = new Set(page.map(({ machineId }) => machineId));
  const failures: string[] = [];
  const unserved = new Set<string>();
  let last = after;
  let isOver = false;
  const lane = async (): Promise<void> => {
    for (let next = waiting.shift(); next && !isOver; next = waiting.shift()) {
      const { machineId } = next;
      // The one whose look fails has had its turn: it does not hold up the others for ever.
      if (isOfPage.has(machineId)) last = machineId;
      try {
        if (!(await look(next))) unserved.add(machineId);
        isOver ||= unserved.size > 0;
      } catch (error) {
        isOver ||= error instanceof AppError && error.code === 'resource_manager_unavailable';
        failures.push(`${machineId}: ${String(error)}`);
      }
    }
  };
  await Promise.all(Array.from({ length: width }, lane));
  const firstUnserved = page.findIndex(({ machineId }) => unserved.has(machineId));
  if (firstUnserved >= 0) last = page[firstUnserved - 1]?.machineId ?? after;
  if (last !== after)
    await store.commit(roundPartition, [
      { put: { type: 'round', machineId: roundPartition, key: name, after: last } },
    ]);
  if (failures.length > 0)
    context.warn(`${name}: ${failures.length} looks failed, the first at ${failures[0] ?? ''}`);
}

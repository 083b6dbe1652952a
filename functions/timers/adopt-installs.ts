import { app, type InvocationContext } from '@azure/functions';
import { type DurableClient, getClient, input } from 'durable-functions';
import { updateDocument } from '#orchestrations/records.ts';
import { createUninstallExtensionActivities } from '#orchestrations/uninstall-extension/activities.ts';
import { judgeExtension } from '#shared/domain/adoption.ts';
import type { MachineDocument } from '#shared/domain/documents.ts';
import { beginAdoption } from '../adoption.ts';
import { isLive } from '../agent-keys.ts';
import { isFree } from '../begin-operation.ts';
import type { AppPorts, PortsProvider } from '../ports.ts';
import { lookRound } from './look-round.ts';

/** Every five minutes, a minute after they begin. */
const schedule = '0 1-59/5 * * * *';
/** One read of Azure Resource Manager each: 2,400 an hour, so that 2,000 machines have their turn in 50 minutes. */
const batch = 200;

/** Writes what was noticed, unless the machine is no longer as it was judged. */
const note = (
  { store }: AppPorts,
  { machineId, extension: judged }: MachineDocument,
  change: (machine: MachineDocument) => MachineDocument,
) =>
  updateDocument(store, machineId, 'machine', undefined, (machine) =>
    machine.currentOperation || machine.extension?.state !== judged?.state
      ? undefined
      : { document: change(machine) },
  );

/** What was thought of the one that is gone does not hold for the next. */
function withRemoval(machine: MachineDocument, removedSince: string): MachineDocument {
  const { adoption: _, ...found } = machine;
  return found.extension ? { ...found, extension: { ...found.extension, removedSince } } : found;
}

function withoutRemoval(machine: MachineDocument): MachineDocument {
  if (!machine.extension) return machine;
  const { removedSince: _, ...extension } = machine.extension;
  return { ...machine, extension };
}

function withoutFinding(machine: MachineDocument): MachineDocument {
  const { before: _, adoption: __, ...rest } = machine;
  return rest;
}

/** With its extension an agent loses its keys: whoever installs again needs no repair for that. One that works is left alone. */
async function forgetLostAgent(ports: AppPorts, machineId: string): Promise<void> {
  const agent = await ports.store.read(machineId, 'agent');
  if (agent && !isLive(agent.document, ports.now()))
    await createUninstallExtensionActivities(ports).forgetAgent({ machineId });
}

/** Its extension came along, and until it is adopted nobody gets in: it does not wait for its turn. */
const hasJustMoved = ({ movedFrom, extension }: MachineDocument): boolean =>
  movedFrom !== undefined && extension === undefined;

/** Base name, wildcard and proof. */
const recordsOfInstall = 3;

async function look(
  ports: AppPorts,
  client: DurableClient,
  machine: MachineDocument,
  adopt: (machineId: string) => Promise<boolean>,
): Promise<boolean> {
  // What runs here says more than a look from outside; what a crash left behind is brought together.
  if (!(await isFree(ports, client, machine))) return true;
  const seen = await ports.extension.read(machine.resourceId);
  const now = ports.now();
  const { machineId } = machine;
  switch (judgeExtension(machine, seen, { now, controlPlane: ports.controlPlane })) {
    case 'adopt':
      return adopt(machineId);
    case 'removed':
      await note(ports, machine, (found) => withRemoval(found, now.toISOString()));
      return true;
    case 'back':
      await note(ports, machine, withoutRemoval);
      return true;
    case 'withdrawn':
      await note(ports, machine, withoutFinding);
      return true;
    case 'nothing':
      if (seen.state === 'absent' && machine.extension?.removedSince !== undefined)
        await forgetLostAgent(ports, machineId);
      return true;
  }
}

/**
 * Requirement 53: extensions that others installed, noticed by asking for them. Machines that are gone are the reaper's.
 * One that cannot be adopted never stops the next. A tick begins no more than the zone takes in a minute.
 */
export async function adoptInstalls(
  ports: AppPorts,
  client: DurableClient,
  context: Pick<InvocationContext, 'info' | 'warn'>,
): Promise<void> {
  const here = (await ports.store.listMachines()).filter(
    ({ goneSince, movedTo }) => goneSince === undefined && movedTo === undefined,
  );
  let mayBegin = Math.max(1, Math.floor(ports.recordsPerMinute / recordsOfInstall));
  const adopt = async (machineId: string): Promise<boolean> => {
    if (mayBegin === 0) return false;
    mayBegin -= 1;
    context.info(`${machineId} is adopted by ${(await beginAdoption(ports, client, machineId)).id}`);
    return true;
  };
  await lookRound(
    ports,
    {
      name: 'adoption',
      machines: here.filter((machine) => !hasJustMoved(machine)),
      first: here.filter(hasJustMoved),
      size: batch,
      look: (machine) => look(ports, client, machine, adopt),
    },
    context,
  );
}

export function registerAdoption(provider: PortsProvider): void {
  app.timer('adoptInstalls', {
    schedule,
    extraInputs: [input.durableClient()],
    handler: (_, context) => adoptInstalls(provider(), getClient(context), context),
  });
}

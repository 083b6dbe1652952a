import { beginOperation } from '#functions/begin-operation.ts';
import { orchestratorNames } from '#orchestrations/names.ts';
import type { RenewCertificateInput } from '#orchestrations/renew-certificate/orchestrator.ts';
import type { RevokeCertificateInput } from '#orchestrations/revoke-certificate/orchestrator.ts';
import { type DrillDocument, fleetPartition } from '#shared/domain/documents.ts';
import { administrator } from '../support/sample-machine.ts';
import type { SimulatedMachine } from './simulated-machine.ts';
import type { World } from './world.ts';

/**
 * The replacement of everything that an authority issued, as `POST /api/certificates/drill` begins it. Answers the
 * serial numbers that are to be revoked: of what is in service.
 */
export async function replaceAllOf(world: World, issuedBy: string): Promise<string[]> {
  const { ports, client } = world;
  const chosen = (await ports.store.listCertificates()).filter(
    ({ leaf, state }) => leaf?.issuedBy.name === issuedBy && state !== 'withdrawn',
  );
  const id = ports.newId();
  const at = ports.now().toISOString();
  const drill: DrillDocument = {
    type: 'drill',
    machineId: fleetPartition,
    key: id,
    id,
    reason: 'superseded',
    revoke: true,
    issuedBy,
    status: 'running',
    requestedBy: administrator,
    createdAt: at,
    updatedAt: at,
    total: chosen.length,
    replaced: 0,
    skipped: 0,
  };
  await ports.store.commit(fleetPartition, [
    { create: { type: 'fleet-lock', machineId: fleetPartition, drillId: id } },
    { create: drill },
  ]);
  const machineIds = chosen.map(({ machineId }) => machineId);
  await client.startNew(orchestratorNames.replaceFleet, { instanceId: id, input: { id, machineIds } });
  return chosen.flatMap(({ leaf, previous }) => {
    const inService = leaf?.servedAt === undefined ? (previous ?? leaf) : leaf;
    return inService?.serialNumber ?? [];
  });
}

/** `POST /api/machines/{id}/certificate/renewals` with `keys`: from now on the other one holds the key. */
export async function changeCustody(
  world: World,
  { machineId, resourceId }: SimulatedMachine,
): Promise<void> {
  const { ports, client } = world;
  const stored = await ports.store.read(machineId, 'machine');
  const certificate = await ports.store.read(machineId, 'certificate');
  const { machineName, currentOperation } = stored?.document ?? {};
  if (!stored || machineName === undefined || currentOperation) return;
  const custody = certificate?.document.custody === 'vault' ? 'machine' : 'vault';
  const input: RenewCertificateInput = { machineId, resourceId, machineName, custody };
  const { id } = await beginOperation(ports, client, {
    machine: stored,
    kind: 'renew',
    input,
    requestedBy: administrator,
  });
  // One that failed changes nothing; one that waits for its turn is kept to.
  world.time.after(60 * 60_000, async () => {
    const operation = await ports.store.read(machineId, 'operation', id);
    if (operation?.document.status !== 'failed') world.custodies.set(machineId, custody);
  });
}

/** `POST /api/machines/{id}/certificate/revocations` for a key that somebody else has. */
export async function revokeNow(world: World, { machineId, resourceId }: SimulatedMachine): Promise<void> {
  const { ports, client } = world;
  const stored = await ports.store.read(machineId, 'machine');
  const certificate = await ports.store.read(machineId, 'certificate');
  const { machineName, currentOperation, custody = 'vault' } = stored?.document ?? {};
  if (!stored || machineName === undefined || currentOperation || !certificate?.document.leaf) return;
  const input: RevokeCertificateInput = {
    machineId,
    resourceId,
    machineName,
    custody,
    reason: 'keyCompromise',
    requestedBy: administrator,
  };
  await beginOperation(ports, client, { machine: stored, kind: 'revoke', input, requestedBy: administrator });
}

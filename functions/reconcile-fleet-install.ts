import type { DurableClient } from 'durable-functions';
import type { InstallFleetInput } from '#orchestrations/install-fleet/orchestrator.ts';
import { fleetChangedEvent, orchestratorNames } from '#orchestrations/names.ts';
import { updateDocument } from '#orchestrations/records.ts';
import type { FleetInstallDocument } from '#shared/domain/documents.ts';
import { livenessOf, reconcile, startOnce } from './begin-operation.ts';
import type { AppPorts } from './ports.ts';

/** Instance id of one run of a fleet install. */
export const fleetRunId = (random: string): string => `fleet-${random}`;

export function startFleetInstall(client: DurableClient, { id, runId }: FleetInstallDocument): Promise<void> {
  const input: InstallFleetInput = { fleetId: id };
  return startOnce(client, orchestratorNames.installFleet, runId, input);
}

/**
 * Brings a fleet install's record and its orchestration together again. One that never started starts; one that ended
 * without a word begins anew under another instance id: all that it knew is in the records, so it goes on where it was.
 */
export async function reconcileFleetInstall(
  ports: AppPorts,
  client: DurableClient,
  fleet: FleetInstallDocument,
): Promise<FleetInstallDocument> {
  if (fleet.endedAt !== undefined) return fleet;
  const liveness = await livenessOf(client, fleet.runId);
  if (liveness === 'alive') return fleet;
  const next = fleetRunId(ports.newId());
  const current = await updateDocument(ports.store, fleet.id, 'fleet-install', undefined, (document) =>
    // Its end was written meanwhile, or somebody else begins it anew.
    liveness === 'dead' && document.endedAt === undefined && document.runId === fleet.runId
      ? { document: { ...document, runId: next } }
      : undefined,
  );
  if (current.endedAt === undefined) await startFleetInstall(client, current);
  return current;
}

/** A hint that its record was changed; one that has ended meanwhile needs none: 404 and 410 are success. */
export async function tellFleetInstall(
  client: DurableClient,
  { runId }: Pick<FleetInstallDocument, 'runId'>,
): Promise<void> {
  try {
    await client.raiseEvent(runId, fleetChangedEvent, {});
  } catch (error) {
    if (!(error instanceof Error) || !/404|410|no instance|not found/i.test(error.message)) throw error;
  }
}

/** No install takes this long, unless its flow was ended from outside. */
const longRunMs = 2 * 60 * 60_000;
/** As many as one request may name. */
const most = 2_000;

/** Machines on which an install has run for very long: each operation is brought together with its flow. */
export async function reconcileLongRuns(
  ports: AppPorts,
  client: DurableClient,
  { id, createdAt, endedAt }: FleetInstallDocument,
): Promise<void> {
  const before = ports.now().getTime() - longRunMs;
  if (endedAt !== undefined || Date.parse(createdAt) > before) return;
  for (const { key, status, operationId, startedAt = '' } of await ports.store.list(
    id,
    'fleet-machine',
    most,
  )) {
    if (status !== 'running' || operationId === undefined || Date.parse(startedAt) > before) continue;
    const operation = await ports.store.read(key, 'operation', operationId);
    if (operation) await reconcile(ports, client, operation.document);
  }
}

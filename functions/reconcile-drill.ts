import type { DurableClient } from 'durable-functions';
import { orchestratorNames } from '#orchestrations/names.ts';
import { getDocument } from '#orchestrations/records.ts';
import { createReplaceFleetActivities } from '#orchestrations/replace-fleet/activities.ts';
import type { ReplaceFleetInput } from '#orchestrations/replace-fleet/orchestrator.ts';
import { type DrillDocument, fleetPartition } from '#shared/domain/documents.ts';
import { livenessOf, startOnce } from './begin-operation.ts';
import type { AppPorts } from './ports.ts';

export function startDrill(client: DurableClient, { id, machineIds = [] }: DrillDocument): Promise<void> {
  const input: ReplaceFleetInput = { id, machineIds };
  return startOnce(client, orchestratorNames.replaceFleet, id, input);
}

/**
 * Brings a fleet replacement's record and its orchestration together again: a crash between the two would keep every
 * other from beginning. One that never started starts; one that ended without a word is called off.
 */
export async function reconcileDrill(
  ports: AppPorts,
  client: DurableClient,
  drill: DrillDocument,
): Promise<DrillDocument> {
  if (drill.status !== 'running') return drill;
  const liveness = await livenessOf(client, drill.id);
  if (liveness === 'missing') await startDrill(client, drill);
  if (liveness !== 'dead') return drill;
  const fleet = createReplaceFleetActivities(ports);
  await fleet.unmark({ id: drill.id });
  await fleet.endDrill({ id: drill.id, status: 'cancelled' });
  return (await getDocument(ports.store, fleetPartition, 'drill', drill.id)).document;
}

import type { OrchestrationContext, Step } from '../context.ts';
import { orchestratorNames } from '../names.ts';
import { persistentRetries } from '../retry-policies.ts';
import type { InstallFleetPageActivities } from './activities.ts';

export interface InstallFleetPageInput {
  fleetId: string;
  machineIds: string[];
  /** How many of its round come before, and when that began (ISO 8601): the zone takes so many a minute. */
  first: number;
  startedAt: string;
  /** Machines at a time. */
  width: number;
}

/** Some machines of a fleet install. One that fails or takes long never stops another. */
export function* installFleetPage(
  context: OrchestrationContext,
  { width, ...input }: InstallFleetPageInput,
): Step<{ failed: number }> {
  const run = context.activities<InstallFleetPageActivities>(persistentRetries);
  const { children } = yield* run.readPage(input);
  return { failed: yield* context.forEach(orchestratorNames.installFleetMachine, children, width) };
}

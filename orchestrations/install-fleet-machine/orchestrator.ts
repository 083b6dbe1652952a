import { describeError } from '#shared/domain/error.ts';
import type { OrchestrationContext, Step } from '../context.ts';
import { installExtension } from '../install-extension/orchestrator.ts';
import { persistentRetries } from '../retry-policies.ts';
import type { InstallFleetMachineActivities } from './activities.ts';

export interface InstallFleetMachineInput {
  fleetId: string;
  /** ISO 8601. */
  notBefore: string;
}

/** One machine of a fleet install: takes the machine, if it still may, and installs. The instance id is the operation id. */
export function* installFleetMachine(
  context: OrchestrationContext,
  { fleetId, notBefore }: InstallFleetMachineInput,
): Step<{ outcome: 'held' | 'installed' | 'failed' }> {
  const operationId = context.instanceId;
  const run = context.activities<InstallFleetMachineActivities>(persistentRetries);
  const earlyMs = Date.parse(notBefore) - context.now().getTime();
  if (earlyMs > 0) yield* context.sleep(earlyMs);
  try {
    const { wishes } = yield* run.takeForInstall({ fleetId, operationId });
    if (!wishes) return { outcome: 'held' };
    const { succeeded } = yield* installExtension(context, wishes);
    yield* run.recordInstall({ fleetId, operationId });
    return { outcome: succeeded ? 'installed' : 'failed' };
  } catch (caught) {
    const error = describeError(context.toAppError(caught));
    yield* run.recordTrouble({ fleetId, operationId, error });
    return { outcome: 'failed' };
  }
}

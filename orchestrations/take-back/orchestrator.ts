import type { Compensation } from '#shared/domain/operation.ts';
import type { OrchestrationContext, Step } from '../context.ts';
import type { InstallExtensionActivities } from '../install-extension/activities.ts';
import type { Begun, InstallWishes } from '../put-together/orchestrator.ts';
import { persistentRetries, platformRetries } from '../retry-policies.ts';
import type { MadePart, TakeBackActivities } from './activities.ts';

/** What a first install makes, the last first. */
const madeParts: readonly MadePart[] = [
  'extension',
  'channels',
  'port rule',
  'name',
  'certificate',
  'configuration',
  'endpoint',
];

/**
 * A first install that failed leaves nothing behind that others would see; a repeated one takes nothing away. Answers
 * what was taken back and what was not, and why: one part that cannot be taken back keeps no other.
 */
export function* takeBack(
  context: OrchestrationContext,
  wishes: InstallWishes,
  begun: Begun,
  isCalledOff: boolean,
): Step<Compensation | undefined> {
  const { machineId, port } = wishes;
  const record = context.activities<InstallExtensionActivities>(persistentRetries);
  const compensation: Compensation = { undone: [], left: [] };
  if (begun.installedPort !== undefined)
    yield* takeChangeBack(context, wishes, begun, compensation, isCalledOff);
  else if (begun.hasBegun) yield* takeFirstBack(context, wishes, begun, compensation);
  yield* record.recordFailed({ machineId, port, isCalledOff, isRepair: false });
  return compensation.undone.length + compensation.left.length === 0 ? undefined : compensation;
}

function* takeFirstBack(
  context: OrchestrationContext,
  { machineId, resourceId }: InstallWishes,
  { machineName }: Begun,
  { undone, left }: Compensation,
): Step<void> {
  const run = context.activities<TakeBackActivities>(platformRetries);
  const subject = { machineId, resourceId, ...(machineName !== undefined && { machineName }) };
  for (const part of madeParts) {
    try {
      const found = yield* run.takeBack({ ...subject, part });
      undone.push(...found.undone);
      left.push(...found.left);
    } catch (caught) {
      left.push({ what: part, why: context.toAppError(caught).message });
    }
  }
}

function* takeChangeBack(
  context: OrchestrationContext,
  { machineId, resourceId, port, reach }: InstallWishes,
  { installedPort = port, machineName }: Begun,
  { undone, left }: Compensation,
  isCalledOff: boolean,
): Step<void> {
  const run = context.activities<InstallExtensionActivities>(platformRetries);
  try {
    if (isCalledOff || reach) yield* run.giveUpChange({ machineId });
    if (installedPort === port) return;
    yield* run.deployEndpoint({ machineId, resourceId, port: installedPort });
    if (machineName !== undefined)
      yield* run.prepareChannels({ machineId, resourceId, machineName, port: installedPort });
    yield* run.deployExtension({ machineId, resourceId, port: installedPort });
    undone.push(`the change of the port: it is ${installedPort} again`);
  } catch (caught) {
    left.push({ what: 'the change', why: context.toAppError(caught).message });
  }
}

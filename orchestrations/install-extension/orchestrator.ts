import { AppError, describeError } from '#shared/domain/error.ts';
import type { OrchestrationContext, Step } from '../context.ts';
import { deliverCertificate } from '../deliver-certificate/orchestrator.ts';
import type { IssueCertificateInput } from '../issue-certificate/orchestrator.ts';
import { orchestratorNames } from '../names.ts';
import { persistentRetries, platformRetries } from '../retry-policies.ts';
import type { TrackOperationActivities } from '../track-operation/activities.ts';
import type { InstallExtensionActivities } from './activities.ts';

/** Registering takes two to five minutes in Azure. */
const registrationPatienceMs = 15 * 60_000;
/** Soon at first, because most subscriptions are registered within seconds, then every ten seconds. */
const registrationPollsMs = [200, 500, 1_000, 2_000, 5_000, 10_000];

export interface InstallExtensionInput {
  machineId: string;
  resourceId: string;
  subscriptionId: string;
  port: number;
  propagationMs: number;
}

/** The three steps of requirement 43, in their order. The instance id is the operation id. */
export function* installExtension(
  context: OrchestrationContext,
  input: InstallExtensionInput,
): Step<{ succeeded: boolean }> {
  const { machineId, resourceId, port } = input;
  const operationId = context.instanceId;
  const run = context.activities<InstallExtensionActivities>(platformRetries);
  const track = context.activities<TrackOperationActivities>(persistentRetries);
  const progress = (step: number, detail: string) => track.showProgress({ operationId, step, detail });

  let wasInstalled = true;
  let machineName: string | undefined;
  try {
    yield* progress(0, 'Registering Microsoft.HybridConnectivity on the subscription');
    ({ wasInstalled } = yield* run.beginInstall({ machineId, port }));
    yield* registerProvider(context, input);

    yield* progress(1, `Creating the endpoint and the service configuration with port ${port}`);
    yield* run.deployEndpoint({ machineId, resourceId, port });

    yield* progress(2, 'Choosing the name and publishing it');
    ({ machineName } = yield* run.chooseName({ machineId, resourceId }));
    yield* run.publishName({ machineName });
    yield* run.prepareChannels({ machineId, machineName });
    yield* progress(2, 'Issuing the certificate');
    const { thumbprint } = yield* context.subOrchestration<IssueCertificateInput, { thumbprint: string }>(
      orchestratorNames.issueCertificate,
      { machineId, machineName, propagationMs: input.propagationMs, renew: false },
    );
    yield* progress(2, 'Installing the extension on the machine');
    yield* run.deployExtension({ machineId, resourceId, port });
    yield* progress(2, 'Waiting until the machine serves its certificate');
    yield* deliverCertificate(context, { machineId, resourceId, thumbprint });

    yield* run.recordInstalled({ machineId, port });
    yield* track.completeOperation({ operationId, resource: `/api/machines/${machineId}/extension` });
    return { succeeded: true };
  } catch (caught) {
    const error = context.toAppError(caught);
    yield* takeBack(context, input, wasInstalled, machineName);
    yield* track.failOperation({ operationId, error: describeError(error) });
    return { succeeded: false };
  }
}

function* registerProvider(context: OrchestrationContext, input: InstallExtensionInput): Step<void> {
  const { subscriptionId } = input;
  const run = context.activities<InstallExtensionActivities>(platformRetries);
  const deadline = context.now().getTime() + registrationPatienceMs;
  let { state } = yield* run.registerProvider({ subscriptionId });
  for (let poll = 0; state !== 'Registered'; poll += 1) {
    if (context.now().getTime() > deadline) {
      throw new AppError('provider_registration_timeout', `the provider is ${state} after 15 minutes`);
    }
    yield* context.sleep(registrationPollsMs[poll] ?? 10_000);
    ({ state } = yield* run.readProvider({ subscriptionId }));
  }
}

/** A first install that failed leaves nothing behind that others would see; a repeated one takes nothing away. */
function* takeBack(
  context: OrchestrationContext,
  input: InstallExtensionInput,
  wasInstalled: boolean,
  machineName: string | undefined,
): Step<void> {
  const { machineId, resourceId } = input;
  const run = context.activities<InstallExtensionActivities>(platformRetries);
  try {
    if (!wasInstalled) yield* run.undoInstall({ machineId, resourceId, ...(machineName && { machineName }) });
  } finally {
    yield* run.recordFailed({ machineId, wasInstalled });
  }
}

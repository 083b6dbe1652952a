import type { KeyCustody } from '#shared/domain/certificate.ts';
import { AppError, describeError } from '#shared/domain/error.ts';
import type { OrchestrationContext, Step } from '../context.ts';
import { deliverCertificate } from '../deliver-certificate/orchestrator.ts';
import type { IssueCertificateInput, IssueCertificateResult } from '../issue-certificate/orchestrator.ts';
import { cancelRequestedEvent, orchestratorNames } from '../names.ts';
import { requestOf } from '../replace-certificate/orchestrator.ts';
import type { ReserveTurnActivities } from '../reserve-turn/activities.ts';
import { persistentRetries, platformRetries } from '../retry-policies.ts';
import type { TrackOperationActivities } from '../track-operation/activities.ts';
import type { InstallExtensionActivities } from './activities.ts';

/** Registering takes two to five minutes in Azure. */
const registrationPatienceMs = 15 * 60_000;
/** Soon at first, because most subscriptions are registered within seconds, then every ten seconds. */
const registrationPollsMs = [200, 500, 1_000, 2_000, 5_000, 10_000];

/** A turn can come sooner when others give theirs up: it is asked for again after this. */
const longestWaitMs = 24 * 60 * 60_000;

export interface InstallExtensionInput {
  machineId: string;
  resourceId: string;
  subscriptionId: string;
  port: number;
  /** Who holds the private key of the certificate. */
  custody: KeyCustody;
  /** Gives a machine that has a name another one. */
  newName: boolean;
}

/** The three steps of requirement 43, in their order. The instance id is the operation id. */
export function* installExtension(
  context: OrchestrationContext,
  input: InstallExtensionInput,
): Step<{ succeeded: boolean }> {
  const { machineId, resourceId, port, custody, newName } = input;
  const operationId = context.instanceId;
  const run = context.activities<InstallExtensionActivities>(platformRetries);
  const track = context.activities<TrackOperationActivities>(persistentRetries);
  const progress = (step: number, detail: string) => track.showProgress({ operationId, step, detail });

  const made: Made = { hasBegun: false };
  try {
    yield* progress(0, 'Registering Microsoft.HybridConnectivity on the subscription');
    Object.assign(made, yield* run.beginInstall({ machineId, port, custody }), { hasBegun: true });
    yield* registerProvider(context, input);

    yield* progress(1, `Creating the endpoint and the service configuration with port ${port}`);
    yield* run.deployEndpoint({ machineId, resourceId, port });

    yield* progress(2, 'Choosing the name and publishing it');
    const { machineName } = yield* run.claimName({ machineId, newName });
    made.machineName = machineName;
    yield* run.prepareChannels({ machineId, machineName });
    // Where the machine holds the key, its agent has to be there before there can be a certificate.
    if (custody === 'machine') yield* run.deployExtension({ machineId, resourceId, port });
    yield* progress(2, 'Issuing the certificate');
    const thumbprint = yield* issueInTurn(context, { machineId, machineName, custody });
    yield* progress(2, 'Installing the extension on the machine');
    yield* run.deployExtension({ machineId, resourceId, port });
    yield* progress(2, 'Waiting until the machine serves its certificate');
    yield* deliverCertificate(context, { machineId, resourceId, thumbprint });

    yield* run.recordInstalled({ machineId, port });
    yield* track.completeOperation({ operationId, resource: `/api/machines/${machineId}/extension` });
    return { succeeded: true };
  } catch (caught) {
    const error = describeError(context.toAppError(caught));
    const leftBehind = yield* takeBack(context, input, made, error.code === 'operation_cancelled');
    yield* track.failOperation({
      operationId,
      error: leftBehind === undefined ? error : { ...error, facts: { ...error.facts, leftBehind } },
    });
    return { succeeded: false };
  }
}

/** The certificate, however long its turn takes to come; while it waits the install can be called off. */
function* issueInTurn(
  context: OrchestrationContext,
  subject: Pick<IssueCertificateInput, 'machineId' | 'machineName' | 'custody'>,
): Step<string> {
  const { machineId, custody } = subject;
  const track = context.activities<TrackOperationActivities>(persistentRetries);
  const turns = context.activities<ReserveTurnActivities>(persistentRetries);
  const requestId = yield* requestOf(context, { machineId, custody });
  for (;;) {
    const issued = yield* context.subOrchestration<IssueCertificateInput, IssueCertificateResult>(
      orchestratorNames.issueCertificate,
      { ...subject, isInstall: true, ...(requestId !== undefined && { requestId }) },
    );
    if ('thumbprint' in issued) return issued.thumbprint;
    const { postponed: plan } = issued;
    yield* track.showWait({ operationId: context.instanceId, step: 2, plan });
    const waitMs = Math.max(Date.parse(plan.turnAt) - context.now().getTime(), 1_000);
    if (yield* context.waitForEvent(cancelRequestedEvent, Math.min(waitMs, longestWaitMs))) {
      yield* turns.leaveQueue({ machineId });
      throw new AppError('operation_cancelled', 'the install was called off while it waited for its turn');
    }
    // From here on it works, and cannot be called off.
    const operationId = context.instanceId;
    yield* track.showProgress({ operationId, step: 2, detail: 'Issuing the certificate' });
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

/** What a failed install has to take back. */
interface Made {
  hasBegun: boolean;
  /** The port of what was installed before: it stays. */
  installedPort?: number;
  machineName?: string;
}

/**
 * A first install that failed leaves nothing behind that others would see; a repeated one takes nothing away.
 * Answers what could not be taken back, if anything: the failure itself is told all the same.
 */
function* takeBack(
  context: OrchestrationContext,
  { machineId, resourceId, port }: InstallExtensionInput,
  { hasBegun, installedPort, machineName }: Made,
  isCalledOff: boolean,
): Step<string | undefined> {
  const run = context.activities<InstallExtensionActivities>(platformRetries);
  const record = context.activities<InstallExtensionActivities>(persistentRetries);
  let leftBehind: string | undefined;
  try {
    if (isCalledOff && installedPort !== undefined) yield* run.giveUpChange({ machineId });
    if (installedPort !== undefined && installedPort !== port) {
      yield* run.deployEndpoint({ machineId, resourceId, port: installedPort });
      yield* run.deployExtension({ machineId, resourceId, port: installedPort });
    } else if (hasBegun && installedPort === undefined) {
      yield* run.undoInstall({ machineId, resourceId, ...(machineName !== undefined && { machineName }) });
    }
  } catch (caught) {
    leftBehind = context.toAppError(caught).message;
  }
  yield* record.recordFailed({ machineId, port, isCalledOff });
  return leftBehind;
}

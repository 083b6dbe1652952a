import type { KeyCustody } from '#shared/domain/certificate.ts';
import { AppError } from '#shared/domain/error.ts';
import type { SignIn } from '#shared/domain/machine.ts';
import type { PortSources, Reach } from '#shared/domain/reach.ts';
import type { OrchestrationContext, Step } from '../context.ts';
import { deliverCertificate } from '../deliver-certificate/orchestrator.ts';
import type { InstallExtensionActivities } from '../install-extension/activities.ts';
import { issueInTurn } from '../issue-in-turn/orchestrator.ts';
import { platformRetries } from '../retry-policies.ts';

/** Registering takes two to five minutes in Azure. */
const registrationPatienceMs = 15 * 60_000;
/** Soon at first, because most subscriptions are registered within seconds, then every ten seconds. */
const registrationPollsMs = [200, 500, 1_000, 2_000, 5_000, 10_000];

export interface InstallWishes {
  machineId: string;
  resourceId: string;
  subscriptionId: string;
  port: number;
  /** Who holds the private key of the certificate. */
  custody: KeyCustody;
  /** Gives a machine that has a name another one; a change of reach needs it. */
  newName: boolean;
  /** As it is where absent. */
  reach?: Reach;
  /** To whom the rule PortForWAC opens the port; absent: no rule is made. */
  sources?: PortSources;
  /** Who agreed to lose a Windows Admin Center that was installed by hand. */
  consent?: { id: string; name: string };
  /** As it is where absent; null: none. */
  proxy?: string | null;
  /** As it is where absent. */
  signIn?: SignIn;
  /** Longest wait for a turn at an authority; a later one is given back. Absent: any. */
  turnPatienceMs?: number;
}

export type InstallPhase = 'provider' | 'endpoint' | 'name' | 'agent';

/** How far it came, and what there was before. */
export interface Begun {
  hasBegun: boolean;
  /** The port of what was installed before: it stays when this fails. */
  installedPort?: number;
  machineName?: string;
}

/**
 * The three steps of requirement 43, in their order; each is done already where an earlier try came that far. `begun`
 * is filled in on the way, for whoever has to take something back.
 */
export function* putTogether(
  context: OrchestrationContext,
  wishes: InstallWishes,
  show: (phase: InstallPhase, detail: string) => void,
  begun: Begun = { hasBegun: false },
): Step<void> {
  const { machineId, resourceId, subscriptionId, port, custody, newName, reach, sources, consent } = wishes;
  const run = context.activities<InstallExtensionActivities>(platformRetries);

  show('provider', 'Registering Microsoft.HybridConnectivity on the subscription');
  const found = yield* run.beginInstall({
    machineId,
    resourceId,
    port,
    custody,
    ...(reach && { reach }),
    ...(consent && { consent }),
    ...(wishes.proxy !== undefined && { proxy: wishes.proxy }),
    ...(wishes.signIn && { signIn: wishes.signIn }),
  });
  Object.assign(begun, found, { hasBegun: true });
  yield* registerProvider(context, subscriptionId);

  show('endpoint', `Creating the endpoint and the service configuration with port ${port}`);
  yield* run.deployEndpoint({ machineId, resourceId, port });

  show('name', 'Choosing the name and publishing it');
  const { machineName } = yield* run.claimName({ machineId, newName });
  begun.machineName = machineName;
  yield* run.prepareChannels({ machineId, resourceId, machineName, port, ...(sources && { sources }) });
  // Where the machine holds the key, its agent has to be there before there can be a certificate.
  if (custody === 'machine') yield* run.deployExtension({ machineId, resourceId, port });
  show('name', 'Issuing the certificate');
  const turn = { machineId, machineName, custody };
  const thumbprint = yield* issueInTurn(context, turn, show, wishes.turnPatienceMs);
  show('agent', 'Installing the extension on the machine');
  yield* run.deployExtension({ machineId, resourceId, port });
  show('agent', 'Waiting until the machine serves its certificate');
  yield* deliverCertificate(context, { machineId, resourceId, thumbprint });
  yield* run.recordInstalled({ machineId, port });
}

function* registerProvider(context: OrchestrationContext, subscriptionId: string): Step<void> {
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

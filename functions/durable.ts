import * as df from 'durable-functions';
import type { Orchestrator } from '#orchestrations/context.ts';
import { createDeliverCertificateActivities } from '#orchestrations/deliver-certificate/activities.ts';
import { createInstallExtensionActivities } from '#orchestrations/install-extension/activities.ts';
import { installExtension } from '#orchestrations/install-extension/orchestrator.ts';
import { createInstallFleetActivities } from '#orchestrations/install-fleet/activities.ts';
import { installFleet } from '#orchestrations/install-fleet/orchestrator.ts';
import { createInstallFleetMachineActivities } from '#orchestrations/install-fleet-machine/activities.ts';
import { installFleetMachine } from '#orchestrations/install-fleet-machine/orchestrator.ts';
import { createIssueCertificateActivities } from '#orchestrations/issue-certificate/activities.ts';
import { issueCertificate } from '#orchestrations/issue-certificate/orchestrator.ts';
import { createLeaseActivities } from '#orchestrations/lease/activities.ts';
import { followLease } from '#orchestrations/lease/orchestrator.ts';
import { orchestratorNames } from '#orchestrations/names.ts';
import { createOpenSessionActivities } from '#orchestrations/open-session/activities.ts';
import { openSession } from '#orchestrations/open-session/orchestrator.ts';
import { renewCertificate } from '#orchestrations/renew-certificate/orchestrator.ts';
import { renewDue } from '#orchestrations/renew-due/orchestrator.ts';
import { repairExtension } from '#orchestrations/repair-extension/orchestrator.ts';
import { createReplaceCertificateActivities } from '#orchestrations/replace-certificate/activities.ts';
import { createReplaceFleetActivities } from '#orchestrations/replace-fleet/activities.ts';
import { replaceFleet } from '#orchestrations/replace-fleet/orchestrator.ts';
import { createReserveTurnActivities } from '#orchestrations/reserve-turn/activities.ts';
import { revokeCertificate } from '#orchestrations/revoke-certificate/orchestrator.ts';
import { runInTurn } from '#orchestrations/run-in-turn/orchestrator.ts';
import { showProgress } from '#orchestrations/show-progress.ts';
import { createTakeBackActivities } from '#orchestrations/take-back/activities.ts';
import { createTrackOperationActivities } from '#orchestrations/track-operation/activities.ts';
import { createUninstallExtensionActivities } from '#orchestrations/uninstall-extension/activities.ts';
import { uninstallExtension } from '#orchestrations/uninstall-extension/orchestrator.ts';
import { wishesOf } from './install-wishes.ts';
import {
  type Announced,
  createOrchestrationContext,
  errorForHost,
  errorForParent,
  errorOfTask,
  exceptionProperties,
} from './orchestration-context.ts';
import type { AppPorts, PortsProvider } from './ports.ts';

/** All flows by their wire names. */
const orchestrators = {
  [orchestratorNames.installExtension]: installExtension,
  [orchestratorNames.uninstallExtension]: uninstallExtension,
  [orchestratorNames.repairExtension]: repairExtension,
  [orchestratorNames.issueCertificate]: issueCertificate,
  [orchestratorNames.renewCertificate]: renewCertificate,
  [orchestratorNames.renewDue]: renewDue,
  [orchestratorNames.revokeCertificate]: revokeCertificate,
  [orchestratorNames.replaceFleet]: replaceFleet,
  [orchestratorNames.installFleet]: installFleet,
  [orchestratorNames.installFleetMachine]: installFleetMachine,
  [orchestratorNames.openSession]: openSession,
  [orchestratorNames.runInTurn]: runInTurn,
  [orchestratorNames.followLease]: followLease,
} as const;

/** All activities: their names are the property names, so no two flows may use one name. */
const activitiesOf = (ports: AppPorts) => [
  createTrackOperationActivities(ports),
  createInstallExtensionActivities(ports),
  createUninstallExtensionActivities(ports),
  createTakeBackActivities(ports),
  createIssueCertificateActivities(ports),
  createDeliverCertificateActivities(ports),
  createReserveTurnActivities(ports),
  createReplaceCertificateActivities(ports),
  createReplaceFleetActivities(ports),
  createInstallFleetActivities(ports),
  createInstallFleetMachineActivities({
    ...ports,
    wishesOf: (machine, wishes, by) => wishesOf(ports, machine, wishes, by),
  }),
  createOpenSessionActivities(ports),
  createLeaseActivities(ports),
];

/** The names without building anything: factories only close over what they are given. */
export function activityNames(): string[] {
  const names = activitiesOf({} as AppPorts).flatMap((activities) => Object.keys(activities));
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice) throw new Error(`two activities are named ${twice}`);
  return names;
}

function registerOrchestrator<I, O>(name: string, orchestrator: Orchestrator<I, O>): void {
  df.app.orchestration(name, function* (context) {
    try {
      const { progress, ...input } = context.df.getInput<I & Announced>();
      const ours = createOrchestrationContext(context, progress);
      return yield* orchestrator(ours, input as I) as Generator<df.Task, O>;
    } catch (caught) {
      // Durable's own signals (divergence, host faults) are not ours to translate.
      if (!(caught instanceof Error)) throw new Error(String(caught), { cause: caught });
      throw errorForParent(errorOfTask(caught));
    }
  });
}

/** Binds every flow and activity to its name, in this one place: a missing one would hang its instance for ever. */
export function registerDurable(ports: PortsProvider): void {
  df.app.setExceptionPropertiesProvider({ getExceptionProperties: exceptionProperties });
  for (const [name, orchestrator] of Object.entries(orchestrators)) {
    registerOrchestrator(name, orchestrator as Orchestrator<unknown, unknown>);
  }
  let handlers: Map<string, (input: unknown) => Promise<unknown>> | undefined;
  const build = () =>
    new Map(
      activitiesOf(ports()).flatMap(
        (activities) => Object.entries(activities) as [string, (input: unknown) => Promise<unknown>][],
      ),
    );
  for (const name of activityNames()) {
    df.app.activity(name, {
      handler: async ({ progress, ...input }: Announced) => {
        try {
          handlers ??= build();
          if (progress) await showProgress(ports(), progress);
          return await handlers.get(name)?.(input);
        } catch (caught) {
          throw errorForHost(caught);
        }
      },
    });
  }
}

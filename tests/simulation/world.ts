import { beginOperation } from '#functions/begin-operation.ts';
import type { AppPorts } from '#functions/ports.ts';
import { askForAdvice } from '#functions/timers/ask-renewal-advice.ts';
import { renewDue as sweepDue } from '#functions/timers/renew-certificates.ts';
import { sweepProofs } from '#functions/timers/sweep-proofs.ts';
import { createDeliverCertificateActivities } from '#orchestrations/deliver-certificate/activities.ts';
import { createInstallExtensionActivities } from '#orchestrations/install-extension/activities.ts';
import { installExtension } from '#orchestrations/install-extension/orchestrator.ts';
import { createIssueCertificateActivities } from '#orchestrations/issue-certificate/activities.ts';
import { issueCertificate } from '#orchestrations/issue-certificate/orchestrator.ts';
import { renewCertificate } from '#orchestrations/renew-certificate/orchestrator.ts';
import { renewDue } from '#orchestrations/renew-due/orchestrator.ts';
import { createReplaceCertificateActivities } from '#orchestrations/replace-certificate/activities.ts';
import { createReplaceFleetActivities } from '#orchestrations/replace-fleet/activities.ts';
import { replaceFleet } from '#orchestrations/replace-fleet/orchestrator.ts';
import { createReserveTurnActivities } from '#orchestrations/reserve-turn/activities.ts';
import { revokeCertificate } from '#orchestrations/revoke-certificate/orchestrator.ts';
import { runInTurn } from '#orchestrations/run-in-turn/orchestrator.ts';
import { createTakeBackActivities } from '#orchestrations/take-back/activities.ts';
import { createTrackOperationActivities } from '#orchestrations/track-operation/activities.ts';
import type { KeyCustody } from '#shared/domain/certificate.ts';
import type { AnyDocument } from '#shared/domain/documents.ts';
import { createMemoryPorts, subscriptionId } from '../support/memory-ports.ts';
import { administrator, machine as sampleMachine } from '../support/sample-machine.ts';
import { createFlowRunner } from './flow-runner.ts';
import type { SeededRandom } from './seeded-random.ts';
import type { SimulatedAuthority } from './simulated-authority.ts';
import { createSimulatedDns } from './simulated-dns.ts';
import { createSimulatedMachine, type MachineTraits, type SimulatedMachine } from './simulated-machine.ts';
import { createSwiftMachineStore } from './swift-machine-store.ts';
import type { VirtualTime } from './virtual-time.ts';
import { createWatch } from './watch.ts';

const minuteMs = 60_000;
const zone = 'wac.test';
/** Milliseconds that an activity takes. */
const latencyMs = { least: 20, most: 400 };
const quiet = { info() {}, warn() {} };

const flows = {
  installExtension,
  issueCertificate,
  renewCertificate,
  renewDue,
  replaceFleet,
  revokeCertificate,
  runInTurn,
} as const;

/** Everything that there is: the service with its flows and timers, and the machines that it is for. */
export function createWorld(time: VirtualTime, random: SeededRandom) {
  const watch = createWatch(time.now);
  const memory = createMemoryPorts(time);
  const dns = createSimulatedDns(zone, time, random.fork('dns'));
  const machines = new Map<string, SimulatedMachine>();
  const lifetimes = new Map<string, number>();
  /** Who is to hold the key of a machine for which that was changed. */
  const custodies = new Map<string, KeyCustody>();
  const draws = random.fork('ports');
  const latencies = random.fork('latencies');
  let ids = 0;
  let isOver = false;

  function committed(machineId: string, written: readonly AnyDocument[]): void {
    watch.committed(machineId, written);
    for (const document of written) {
      if (document.type === 'certificate') {
        if (document.dueAt !== undefined) wake(sweepTimer, Date.parse(document.dueAt));
        if (document.checkAt !== undefined) wake(adviceTimer, Date.parse(document.checkAt));
      } else if (document.type === 'machine' && document.machineName !== undefined)
        lifetimes.set(`${document.machineName}.${zone}`, machines.get(machineId)?.lifetimeMs ?? 0);
    }
  }

  const store = createSwiftMachineStore({ now: time.now, onCommit: committed });
  const authorities: SimulatedAuthority[] = [];
  const budgets = watch.watchBudgets(
    memory.budgets,
    (name) => authorities.find((one) => one.name === name)?.limits ?? [],
  );
  const ports: AppPorts = {
    ...memory.ports,
    store,
    budgets,
    authorities,
    vault: memory.vault,
    dns: dns.dns,
    publicDns: dns.publicDns,
    bus: {
      ...memory.bus,
      async sendToAgent(machineId) {
        machines.get(machineId)?.hear();
      },
    },
    extension: memory.extension,
    now: () => new Date(time.now()),
    newId: () => `id${(ids += 1)}`,
    random: draws.next,
    zone,
  };

  const turns = createReserveTurnActivities(ports);
  const activities = {
    ...createTrackOperationActivities(ports),
    ...createInstallExtensionActivities(ports),
    ...createTakeBackActivities(ports),
    ...createIssueCertificateActivities(ports),
    ...createDeliverCertificateActivities(ports),
    ...createReplaceCertificateActivities(ports),
    ...createReplaceFleetActivities(ports),
    ...turns,
    reserveTurn: watch.watchTurns(turns.reserveTurn),
  };
  const { client, running } = createFlowRunner({
    time,
    flows,
    activities,
    latencyOf: () => latencies.between(latencyMs.least, latencyMs.most),
    onStart: (name, _, input) =>
      name === 'issueCertificate' ? watch.issueStarts((input as { machineId: string }).machineId) : () => {},
  });

  /** A timer of the app: only those of its ticks are run at which it has something to do. */
  interface AppTimer {
    everyMs: number;
    offsetMs: number;
    date: 'dueAt' | 'checkAt';
    next: number;
    cancel(): void;
    run(): Promise<void>;
  }
  const idle = { next: Number.POSITIVE_INFINITY, cancel() {} };
  const sweepTimer: AppTimer = {
    ...idle,
    everyMs: minuteMs,
    offsetMs: 0,
    date: 'dueAt',
    run: () => sweepDue(ports, client, quiet),
  };
  const adviceTimer: AppTimer = {
    ...idle,
    everyMs: 2 * minuteMs,
    offsetMs: minuteMs / 2,
    date: 'checkAt',
    run: () => askForAdvice(ports, quiet),
  };
  function wake(timer: AppTimer, atMs: number): void {
    const { everyMs, offsetMs, date } = timer;
    const from = Math.max(atMs, time.now() + 1);
    const tick = Math.ceil((from - offsetMs) / everyMs) * everyMs + offsetMs;
    if (tick >= timer.next) return;
    timer.cancel();
    timer.next = tick;
    timer.cancel = time.at(tick, async () => {
      Object.assign(timer, idle);
      if (isOver) return;
      if ((store.earliest(date) ?? '9') <= new Date(time.now()).toISOString()) await timer.run();
      const next = store.earliest(date);
      if (next !== undefined) wake(timer, Date.parse(next));
    });
  }
  const sweepEveryHour = (): void => {
    time.after(60 * minuteMs, async () => {
      await sweepProofs(ports, quiet);
      if (!isOver) sweepEveryHour();
    });
  };
  sweepEveryHour();

  memory.resources.registered.add(`${subscriptionId} Microsoft.HybridConnectivity`);
  memory.extension.machine.onInstall = async ({ resourceId }) => {
    for (const machine of machines.values()) if (machine.resourceId === resourceId) machine.install();
  };

  async function install(traits: MachineTraits): Promise<void> {
    const { machineId, resourceId, custody } = traits;
    if (!machines.has(machineId)) {
      const machine = createSimulatedMachine({
        ...traits,
        time,
        random: random.fork(machineId),
        ports,
        client,
        watch: watch.serving,
      });
      machines.set(machineId, machine);
      await store.commit(machineId, [
        { create: { ...sampleMachine, machineId, resourceId, displayName: machineId } },
      ]);
    }
    const stored = await store.read(machineId, 'machine');
    if (!stored) throw new Error(`no machine ${machineId}`);
    if (stored.document.extension?.installedAt !== undefined) return;
    await beginOperation(ports, client, {
      machine: stored,
      kind: 'install',
      input: { machineId, resourceId, subscriptionId, port: 6516, custody, newName: false },
      requestedBy: administrator,
    });
  }

  /** Nothing new begins; what has begun goes on to its end. */
  async function close(): Promise<void> {
    isOver = true;
    watch.close();
    for (let hours = 0; hours < 72 && running.size > 0; hours += 1)
      await time.runUntil(time.now() + 60 * minuteMs);
  }

  return {
    time,
    watch,
    ports,
    client,
    dns,
    machines,
    custodies,
    authorities,
    running,
    install,
    close,
    lifetimeOf: ([name = '']: readonly string[]) => lifetimes.get(name) ?? 0,
  };
}

export type World = ReturnType<typeof createWorld>;

import type { DurableClient } from 'durable-functions';
import { noteServed } from '#functions/messages/agent-reports.ts';
import type { AppPorts } from '#functions/ports.ts';
import { moveCertificate } from '#orchestrations/certificate-record.ts';
import { agentReportedEvent } from '#orchestrations/names.ts';
import type { IssuedLeaf, KeyCustody } from '#shared/domain/certificate.ts';
import type { AgentDocument } from '#shared/domain/documents.ts';
import type { SeededRandom } from './seeded-random.ts';
import type { VirtualTime } from './virtual-time.ts';

const secondMs = 1_000;
const minuteMs = 60 * secondMs;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

/** How a machine spends its days. */
type Habit =
  /** On, with a restart a month. */
  | 'server'
  /** Off every night. */
  | 'office'
  /** Off for up to twelve days every month or two. */
  | 'travels';

export interface MachineTraits {
  machineId: string;
  resourceId: string;
  custody: KeyCustody;
  habit: Habit;
  lifetimeMs: number;
}

/** What the watch is told of what a machine shows to the world. */
export interface ServingWatch {
  /** A leaf ended in service; `onForMs` undefined while the machine is off. */
  endedInService(machineId: string, leaf: IssuedLeaf, onForMs: number | undefined): void;
  /** One leaf took the place of another. */
  replaced(before: IssuedLeaf | undefined, after: IssuedLeaf, wasOn: boolean): void;
  /** A machine that came back to an ended certificate has a good one again. */
  recovered(machineId: string, afterMs: number): void;
}

export interface SimulatedMachineOptions extends MachineTraits {
  time: VirtualTime;
  random: SeededRandom;
  ports: AppPorts;
  client: DurableClient;
  watch: ServingWatch;
}

/** An agent asks for its desired state by itself as often. */
const pollMs = hourMs;
/** Part of the hints that get lost. */
const lossRate = 0.01;

/** A machine and its agent: what it fetches, serves and reports, when it is on. */
export function createSimulatedMachine(options: SimulatedMachineOptions) {
  const { machineId, custody, habit, time, random, ports, client, watch } = options;
  let onSince: number | undefined = time.now();
  let isEnrolled = false;
  let serving: IssuedLeaf | undefined;
  /** When the certificate in service had ended and the machine was on. */
  let brokenSince: number | undefined;
  let reports = 0;
  /** Whether it was off at some time since its present leaf was taken into service. */
  let hasBeenOff = false;

  async function raise(): Promise<void> {
    const machine = await ports.store.read(machineId, 'machine');
    const id = machine?.document.currentOperation?.id;
    if (id !== undefined) await client.raiseEvent(id, agentReportedEvent, {}).catch(() => {});
  }

  async function report(): Promise<void> {
    if (onSince === undefined || !isEnrolled) return;
    const agent: AgentDocument = {
      type: 'agent',
      machineId,
      signingKey: '{}',
      encryptionKey: '{}',
      enrolledAt: ports.now().toISOString(),
      reportSequence: (reports += 1),
      checks: [],
      lastSeenAt: ports.now().toISOString(),
      connected: true,
      ...(serving && { servingThumbprint: serving.thumbprint }),
    };
    await ports.store.commit(machineId, [{ put: agent }]);
    await noteServed(ports, machineId, serving?.thumbprint);
    await raise();
  }

  function judge(leaf: IssuedLeaf): void {
    if (serving?.thumbprint !== leaf.thumbprint) return;
    watch.endedInService(machineId, leaf, onSince === undefined ? undefined : time.now() - onSince);
    if (onSince !== undefined) brokenSince = time.now();
  }

  function serve(leaf: IssuedLeaf): void {
    if (onSince === undefined || leaf.thumbprint === serving?.thumbprint) return;
    watch.replaced(serving, leaf, !hasBeenOff);
    serving = leaf;
    hasBeenOff = false;
    const end = Date.parse(leaf.notAfter);
    time.at(end, () => judge(leaf));
    if (brokenSince === undefined || end <= time.now()) return;
    watch.recovered(machineId, time.now() - brokenSince);
    brokenSince = undefined;
  }

  /** What the agent does with its desired state: a request where one is wanted, the newest leaf where it has another. */
  async function applyState(): Promise<void> {
    if (onSince === undefined || !isEnrolled) return;
    const record = (await ports.store.read(machineId, 'certificate'))?.document;
    const { wantedRequest, leaf } = record ?? {};
    if (wantedRequest !== undefined) {
      const isMade = await ports.store.read(machineId, 'certificate-request', wantedRequest);
      if (!isMade) {
        const request = Buffer.from(`request ${wantedRequest}`).toString('base64');
        const ttlSeconds = (30 * dayMs) / secondMs;
        await ports.store.commit(machineId, [
          { create: { type: 'certificate-request', machineId, key: wantedRequest, request, ttlSeconds } },
        ]);
        await raise();
      }
    }
    if (!leaf || leaf.thumbprint === serving?.thumbprint) return;
    await moveCertificate(ports, machineId, { type: 'deliver', thumbprint: leaf.thumbprint });
    time.after(random.between(secondMs, 20 * secondMs), () => {
      serve(leaf);
      return report();
    });
  }

  function hear(): void {
    const waitMs = random.chance(lossRate) ? random.between(0, pollMs) : random.between(300, 8 * secondMs);
    time.after(waitMs, applyState);
  }

  function switchOff(): void {
    onSince = undefined;
    hasBeenOff = true;
    // While it is off nobody is shown anything.
    brokenSince = undefined;
  }

  function switchOn(): void {
    onSince = time.now();
    if (serving && Date.parse(serving.notAfter) <= time.now()) brokenSince = time.now();
    time.after(random.between(5 * secondMs, 90 * secondMs), async () => {
      await report();
      await applyState();
    });
  }

  /** Its life: on and off again and again. */
  function live(): void {
    const on =
      habit === 'server'
        ? random.waiting(30 * dayMs)
        : habit === 'office'
          ? random.between(9 * hourMs, 15 * hourMs)
          : random.between(10 * dayMs, 60 * dayMs);
    time.after(on, () => {
      switchOff();
      const off =
        habit === 'server'
          ? random.between(minuteMs, 10 * minuteMs)
          : habit === 'office'
            ? random.between(9 * hourMs, 14 * hourMs)
            : random.between(dayMs, 12 * dayMs);
      time.after(off, () => {
        switchOn();
        live();
      });
    });
  }

  return {
    ...options,
    custody,
    live,
    hear,
    isOn: () => onSince !== undefined,
    serving: () => serving,
    /** The extension arrived. */
    install(): void {
      isEnrolled = true;
      time.after(random.between(20 * secondMs, 3 * minuteMs), async () => {
        await report();
        await applyState();
      });
    },
  };
}

export type SimulatedMachine = ReturnType<typeof createSimulatedMachine>;

import type { FleetInstallDocument, FleetMachineDocument } from '#shared/domain/documents.ts';
import { AppError, describeError } from '#shared/domain/error.ts';
import {
  countMachines,
  droppedMachine,
  endedMachine,
  type FleetInstall,
  failedMachine,
  leftOf,
} from '#shared/domain/fleet-install.ts';
import type { MachineStore } from '#shared/ports/machine-store.ts';
import { haveLimits, readTurns, type TurnsPorts } from '../fleet-outlook.ts';
import { changeFleetMachine } from '../fleet-records.ts';
import { operationId } from '../names.ts';
import { getDocument, updateDocument } from '../records.ts';
import type { FleetRound } from './orchestrator.ts';

export type InstallFleetActivities = ReturnType<typeof createInstallFleetActivities>;

export interface InstallFleetPorts extends TurnsPorts {
  store: MachineStore;
  /** New record sets that the zone takes a minute. */
  recordsPerMinute: number;
  now(): Date;
  newId(): string;
}

/** Base name, wildcard and proof. */
const recordsOfInstall = 3;
/** Machines of one round: their ids stand in the history of the flow. */
const mostOfRound = 500;

/** A turn this soon counts as now. */
const soonMs = 30_000;
/** Between two rounds of those whose turn has not come: a place that somebody gives up is found within an hour. */
const rests = { leastMs: 60_000, mostMs: 60 * 60_000 } as const;
/** Installs that another run of this flow began are looked at again after this. */
const lookAgainMs = 30_000;
/** Documents that one commit writes. */
const batch = 100;
/** As many as one request may name. */
const most = 2_000;

export function createInstallFleetActivities(ports: InstallFleetPorts) {
  const { store, authorities, recordsPerMinute, now, newId } = ports;
  const at = () => now().toISOString();

  /** One whose flow ended without a word: its operation says how, or nobody does. */
  async function settle(fleetId: string, machine: FleetMachineDocument): Promise<FleetMachineDocument> {
    const { key, operationId } = machine;
    const found = operationId === undefined ? undefined : await store.read(key, 'operation', operationId);
    if (found?.document.status === 'running') return machine;
    const lost = new AppError('operation_interrupted', 'its operation is not on record any more');
    return changeFleetMachine(store, fleetId, key, (current) => {
      if (current.status !== 'running' || current.operationId !== operationId) return undefined;
      return found
        ? endedMachine(current, found.document, at())
        : failedMachine(current, describeError(lost), at());
    });
  }

  async function readMachines(fleetId: string): Promise<FleetMachineDocument[]> {
    const machines = await store.list(fleetId, 'fleet-machine', most);
    const settled = machines.map(async (machine) =>
      machine.status === 'running' ? settle(fleetId, machine) : machine,
    );
    return (await Promise.all(settled)).toSorted((one, other) => one.place - other.place);
  }

  async function drop(fleetId: string, machines: readonly FleetMachineDocument[]): Promise<void> {
    for (let from = 0; from < machines.length; from += batch) {
      const some = machines.slice(from, from + batch);
      await store.commit(
        fleetId,
        some.map((machine) => ({ put: { ...machine, ...droppedMachine(machine, at()) } })),
      );
    }
  }

  const updateFleet = (fleetId: string, change: (fleet: FleetInstall) => Partial<FleetInstall>) =>
    updateDocument(store, fleetId, 'fleet-install', undefined, (fleet) =>
      fleet.endedAt === undefined ? { document: { ...fleet, ...change(fleet) } } : undefined,
    );

  /** Those that order no certificate, and those whose turn at an authority is there. */
  async function chooseReady({ id, wishes }: FleetInstallDocument, waiting: readonly FleetMachineDocument[]) {
    const time = now().getTime();
    const certificates = haveLimits(authorities) ? await store.listCertificates() : [];
    const ids = waiting.map(({ key }) => key);
    const turns = await readTurns(ports, ids, wishes, certificates, time);
    const turnOf = (machineId: string) => turns.get(machineId) ?? time;
    const later = [...turns.values()].filter((turn) => turn > time + soonMs);
    const last = later.length > 0 ? new Date(Math.max(...later)).toISOString() : undefined;
    await updateFleet(id, () => (last === undefined ? {} : { lastTurnAt: last }));
    return {
      ready: ids.filter((machineId) => turnOf(machineId) <= time + soonMs),
      nextAt: later.length > 0 ? Math.min(...later) : undefined,
    };
  }

  /** None of them before the zone can take its records. */
  const childrenOf = (fleetId: string, machineIds: readonly string[]): FleetRound['children'] =>
    machineIds.map((machineId, place) => {
      const waitMs = Math.floor((place * 60_000 * recordsOfInstall) / recordsPerMinute);
      const notBefore = new Date(now().getTime() + waitMs).toISOString();
      return { instanceId: operationId(machineId, newId()), input: { fleetId, notBefore } };
    });

  return {
    /**
     * What is to be done now: the truth is in the records, so that a flow that begins again goes on where the one before
     * it was. Ends what has nothing left to do.
     */
    async beginRound({ fleetId }: { fleetId: string }): Promise<FleetRound> {
      const { document: fleet } = await getDocument(store, fleetId, 'fleet-install');
      const { concurrency } = fleet;
      const machines = await readMachines(fleetId);
      const isCancelled = fleet.status === 'cancelled';
      const waiting = machines.filter(({ status }) => status === 'waiting');
      if (isCancelled) await drop(fleetId, waiting);
      const isRunning = machines.some(({ status }) => status === 'running');
      const time = now().getTime();
      const round = { isEnded: false, children: [], concurrency };
      const after = (ms: number) => new Date(time + ms).toISOString();
      if (!isRunning && (isCancelled || waiting.length === 0)) {
        const ended = isCancelled ? await store.list(fleetId, 'fleet-machine', most) : machines;
        const counts = countMachines(ended);
        if (leftOf(counts) > 0) return { ...round, nextAt: after(lookAgainMs) };
        await updateFleet(fleetId, ({ status }) => ({
          status: status === 'cancelled' ? status : 'succeeded',
          endedAt: at(),
          counts,
        }));
        return { ...round, isEnded: true };
      }
      if (isCancelled || waiting.length === 0) return { ...round, nextAt: after(lookAgainMs) };
      if (fleet.status === 'paused') return round;
      const { ready, nextAt = time } = await chooseReady(fleet, waiting);
      const restMs = Math.min(Math.max(nextAt - time, rests.leastMs), rests.mostMs);
      const children = childrenOf(fleetId, ready.slice(0, mostOfRound));
      return { ...round, children, nextAt: after(restMs) };
    },
  };
}

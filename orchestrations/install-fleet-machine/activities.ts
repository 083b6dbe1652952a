import type { AuditEntry } from '#shared/domain/audit.ts';
import type { FleetMachineDocument, MachineDocument } from '#shared/domain/documents.ts';
import { AppError, type ErrorRecord } from '#shared/domain/error.ts';
import {
  endedMachine,
  type FleetInstall,
  type FleetMachine,
  type FleetWishes,
  failedMachine,
  missingMachine,
  type Refusal,
  refusedMachine,
  remedyOf,
} from '#shared/domain/fleet-install.ts';
import { parseMachineResource } from '#shared/domain/machine.ts';
import type { PreconditionResult } from '#shared/domain/precondition.ts';
import type { ZoneFindings } from '#shared/domain/precondition-rules.ts';
import type { MachineStore, Stored } from '#shared/ports/machine-store.ts';
import type { ResourceManager, RoleReader } from '#shared/ports/resource-manager.ts';
import type { SecretStore } from '#shared/ports/secret-store.ts';
import { commitAudited, recordAudit } from '../audit-trail.ts';
import { decideInstall, lookAhead } from '../fleet-outlook.ts';
import { changeFleetMachine } from '../fleet-records.ts';
import { machineIdOfOperation } from '../names.ts';
import type { InstallWishes } from '../put-together/orchestrator.ts';
import { getDocument, takeMachine } from '../records.ts';
import { examineZone, type RequirementsPorts } from '../requirements.ts';

export type InstallFleetMachineActivities = ReturnType<typeof createInstallFleetMachineActivities>;

export interface InstallFleetMachinePorts extends RequirementsPorts {
  store: MachineStore;
  resources: ResourceManager;
  roles: RoleReader;
  secrets: SecretStore;
  now(): Date;
  /** What an install of this machine is to do. */
  wishesOf(
    machine: MachineDocument,
    wishes: FleetWishes,
    by: { id: string; name: string },
  ): Promise<InstallWishes>;
}

/** A turn that comes later than this after all is given back, and with it the place among those that are worked on. */
const turnPatienceMs = 2 * 60_000;
/** The zone is looked at once for all machines of this while. */
const zoneFreshMs = 60_000;
/** Records among which a refusal is looked for that was written before a crash. */
const recent = 50;
/** Writers of one machine that race each other settle within a few rounds. */
const rounds = 8;

const actingOf = ({ requestedBy, from }: FleetInstall) => ({
  actor: requestedBy,
  ...(from !== undefined && { from }),
});

type FactsReader = RequirementsPorts['facts'];

interface Member {
  fleetId: string;
  operationId: string;
}

export function createInstallFleetMachineActivities(ports: InstallFleetMachinePorts) {
  const { store, now } = ports;
  const at = () => now().toISOString();

  let zone: { readAt: number; findings: ZoneFindings } | undefined;
  /** What hangs or fails is no finding: the next one looks by itself. */
  async function zoneOnce(): Promise<ZoneFindings> {
    const readAt = now().getTime();
    if (zone && Math.abs(readAt - zone.readAt) < zoneFreshMs) return zone.findings;
    const findings = await examineZone(ports);
    zone = { readAt, findings };
    return findings;
  }

  /** One that has come to an end, or that another flow has begun, stays as it is. */
  const change = (
    { fleetId, operationId }: Member,
    changed: (machine: FleetMachine) => FleetMachine,
    known?: Stored<FleetMachineDocument>,
  ) =>
    changeFleetMachine(
      store,
      fleetId,
      machineIdOfOperation(operationId),
      (machine) => {
        const isMine = machine.operationId === operationId && machine.status === 'running';
        return machine.status === 'waiting' || isMine ? changed(machine) : undefined;
      },
      known,
    );

  async function begun(member: Member, wishes: InstallWishes, known: Stored<FleetMachineDocument>) {
    const { operationId } = member;
    const running = { status: 'running', operationId, startedAt: at() } as const;
    await change(member, (machine) => ({ ...machine, ...running }), known);
    return { wishes };
  }

  /** Makes a machine known, if Azure Resource Manager has it. */
  async function addMachine(
    { resourceId, machineId }: { resourceId: string; machineId: string },
    { read }: FactsReader,
    by: Pick<AuditEntry, 'actor' | 'from'>,
  ): Promise<boolean> {
    const facts = await read(resourceId);
    if (!facts) return false;
    const { kind, name, subscriptionId } = parseMachineResource(resourceId);
    const known = { machineId, resourceId, kind, displayName: name, subscriptionId, facts };
    const entry = { ...by, action: 'machine add', outcome: 'succeeded', detail: resourceId } as const;
    try {
      await commitAudited(ports, machineId, [{ create: { type: 'machine', ...known } }], entry);
    } catch (error) {
      // Somebody else made it known meanwhile.
      if (!(error instanceof AppError) || error.code !== 'etag_mismatch') throw error;
    }
    return true;
  }

  async function refuse(
    member: Member,
    fleet: FleetInstall,
    refusal: Refusal,
    failures: readonly PreconditionResult[] = [],
  ) {
    if (refusal.error?.code === 'precondition_unmet') await keepRefusal(member, fleet, refusal.error);
    const remedy = remedyOf(refusal, failures);
    await change(member, (machine) => refusedMachine(machine, refusal, remedy, at()));
    return {};
  }

  /** As for a single request: what was refused and why is on record with the machine, once. */
  async function keepRefusal({ operationId }: Member, fleet: FleetInstall, error: AppError): Promise<void> {
    const machineId = machineIdOfOperation(operationId);
    const newest = await store.list(machineId, 'audit', recent);
    // Written before a crash.
    if (newest.some((record) => record.operationId === operationId)) return;
    await recordAudit(ports, machineId, {
      ...actingOf(fleet),
      action: 'install begin',
      outcome: 'refused',
      operationId,
      decision: { code: error.code },
      detail: error.message,
    });
  }

  return {
    /**
     * Takes the machine for its install, and answers what is to be done. Nothing where the fleet install is paused or
     * called off, where something stands in the way (the machine's record says what), or where it has begun already.
     */
    async takeForInstall(member: Member): Promise<{ wishes?: InstallWishes }> {
      const { fleetId, operationId } = member;
      const machineId = machineIdOfOperation(operationId);
      const wanted = [{ type: 'fleet-install' }, { type: 'fleet-machine', key: machineId }] as const;
      const [fleet, own] = await store.readTogether(fleetId, wanted);
      if (!fleet || !own) return {};
      const { requestedBy, tenantId, wishes, status } = fleet.document;
      const { resourceId, isUnknown } = own.document;
      const mayBegin = own.document.status === 'waiting' && status === 'running';
      let reading: ReturnType<FactsReader['read']> | undefined;
      const facts = { read: (id: string) => (reading ??= ports.facts.read(id)) };

      for (let round = 1; ; round += 1) {
        const found = await store.read(machineId, 'machine');
        // Taken before a crash: a pause does not hold back what has begun.
        if (found?.document.currentOperation?.id === operationId) break;
        if (!mayBegin) return {};
        if (isUnknown) return refuse(member, fleet.document, missingMachine(resourceId));
        if (!found) {
          if (await addMachine({ resourceId, machineId }, facts, actingOf(fleet.document))) continue;
          return refuse(member, fleet.document, missingMachine(resourceId));
        }
        const { document: machine } = found;
        const right = await decideInstall(ports, { id: requestedBy.id, tenantId }, machine);
        const given = { wishes, right, zone: zoneOnce };
        const { refusal, failures } = await lookAhead({ ...ports, facts }, machine, given);
        if (refusal) return refuse(member, fleet.document, refusal, failures);
        const { id, name } = requestedBy;
        const wanted = await ports.wishesOf(machine, wishes, { id, name });
        const input: InstallWishes = { ...wanted, turnPatienceMs };
        const from = fleet.document.from === undefined ? {} : { from: fleet.document.from };
        const by = { requestedBy, ...from };
        const request = { id: operationId, kind: 'install', input, ...by, at: at() } as const;
        if (await takeMachine(ports, found, request)) return begun(member, input, own);
        if (round > rounds) throw new AppError('etag_mismatch', 'others change the machine all the time');
      }
      const { document } = await getDocument(store, machineId, 'operation', operationId);
      return begun(member, document.input as InstallWishes, own);
    },

    /** As its operation has ended. */
    async recordInstall(member: Member): Promise<void> {
      const machineId = machineIdOfOperation(member.operationId);
      const { document } = await getDocument(store, machineId, 'operation', member.operationId);
      await change(member, (machine) => endedMachine(machine, document, at()));
    },

    /** It could not be begun, or its end could not be read. */
    async recordTrouble({ error, ...member }: Member & { error: ErrorRecord }): Promise<void> {
      await change(member, (machine) => failedMachine(machine, error, at()));
    },
  };
}

import { type CertificateDocument, type DrillDocument, fleetPartition } from '#shared/domain/documents.ts';
import type { Drill } from '#shared/domain/drill.ts';
import type { Change, MachineStore } from '#shared/ports/machine-store.ts';
import { moveCertificate } from '../certificate-record.ts';
import { getDocument, updateDocument } from '../records.ts';

export type ReplaceFleetActivities = ReturnType<typeof createReplaceFleetActivities>;

export interface ReplaceFleetPorts {
  store: MachineStore;
  now(): Date;
  newId(): string;
}

/** Certificates that one activity marks: a few seconds of work. */
const page = 100;

const isMarkedFor = (drill: string) => (certificate: CertificateDocument) =>
  certificate.replacement?.drill === drill;

export function createReplaceFleetActivities(ports: ReplaceFleetPorts) {
  const { store, now } = ports;

  const update = (id: string, change: (drill: DrillDocument) => Partial<Drill>, also: Change[] = []) =>
    updateDocument(store, fleetPartition, 'drill', id, (drill) =>
      drill.status === 'running'
        ? { document: { ...drill, ...change(drill), updatedAt: now().toISOString() }, with: also }
        : undefined,
    );

  return {
    /** Marks some of these machines' certificates: from now on they are due, within the authorities' budgets. */
    async markForReplacement(input: { id: string; machineIds: string[] }): Promise<{ left: string[] }> {
      const { document: drill } = await getDocument(store, fleetPartition, 'drill', input.id);
      for (const machineId of input.machineIds.slice(0, page)) {
        const record = (await store.read(machineId, 'certificate'))?.document;
        // Withdrawn meanwhile, or marked already by a run that crashed here.
        if (!record?.leaf || record.state === 'withdrawn' || isMarkedFor(drill.id)(record)) continue;
        if (record.leaf.issuedAt > drill.createdAt) continue;
        const { reason, revoke } = drill;
        await moveCertificate(
          ports,
          machineId,
          {
            type: 'replace',
            request: { reason, revoke, requestedAt: now().toISOString(), drill: drill.id },
          },
          drill.requestedBy,
        );
      }
      return { left: input.machineIds.slice(page) };
    },

    /** How far it is; the end is when none is marked any more. */
    async readFleet(input: { id: string }): Promise<{ left: number }> {
      const certificates = await store.listCertificates();
      const left = certificates.filter(isMarkedFor(input.id));
      const lastTurn = left.map(({ plan }) => plan?.turnAt).filter((turn) => turn !== undefined);
      const measured = await update(input.id, (drill) => {
        const replaced = drill.total - left.length;
        return { replaced, ...estimate(drill, replaced, lastTurn, now()) };
      });
      return { left: measured.total - measured.replaced };
    },

    async endDrill(input: { id: string; status: 'succeeded' | 'cancelled' }): Promise<void> {
      const endedAt = now().toISOString();
      await update(input.id, () => ({ status: input.status, endedAt }), [{ remove: 'fleet-lock' }]);
    },

    /** What is not yet ordered stays as it was; its next date is that of its own renewal. */
    async unmark(input: { id: string }): Promise<void> {
      for (const certificate of (await store.listCertificates()).filter(isMarkedFor(input.id))) {
        await moveCertificate(ports, certificate.machineId, { type: 'call-off', drill: input.id });
      }
    },
  };
}

/** The last turn that the planner has given, or the pace so far: whichever is later. */
function estimate(drill: Drill, replaced: number, turns: readonly string[], at: Date): Partial<Drill> {
  const elapsedMs = at.getTime() - Date.parse(drill.createdAt);
  const byPace =
    replaced > 0
      ? new Date(at.getTime() + (elapsedMs / replaced) * (drill.total - replaced)).toISOString()
      : undefined;
  const latest = [...turns, ...(byPace === undefined ? [] : [byPace])].toSorted().at(-1);
  return latest === undefined ? {} : { estimatedEnd: latest };
}

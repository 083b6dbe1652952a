import { type DrillDocument, fleetPartition } from '#shared/domain/documents.ts';
import { type Drill, isMarkedFor, measureDrill } from '#shared/domain/drill.ts';
import type { BudgetStore } from '#shared/ports/budget-store.ts';
import type { CertificateAuthority } from '#shared/ports/certificate-authority.ts';
import type { Change, MachineStore } from '#shared/ports/machine-store.ts';
import type { SecretStore } from '#shared/ports/secret-store.ts';
import { moveCertificate } from '../certificate-record.ts';
import { leaveQueue } from '../leave-queue.ts';
import { getDocument, updateDocument } from '../records.ts';

export type ReplaceFleetActivities = ReturnType<typeof createReplaceFleetActivities>;

export interface ReplaceFleetPorts {
  store: MachineStore;
  secrets: SecretStore;
  budgets: BudgetStore;
  authorities: readonly CertificateAuthority[];
  now(): Date;
  newId(): string;
}

export function createReplaceFleetActivities(ports: ReplaceFleetPorts) {
  const { store, now } = ports;

  const update = (id: string, change: (drill: DrillDocument) => Partial<Drill>, also: Change[] = []) =>
    updateDocument(store, fleetPartition, 'drill', id, (drill) =>
      drill.status === 'running'
        ? { document: { ...drill, ...change(drill), updatedAt: now().toISOString() }, with: also }
        : undefined,
    );

  return {
    /** Marks these machines' certificates: from now on they are due, within the authorities' budgets. */
    async markForReplacement(input: { id: string; machineIds: string[] }): Promise<void> {
      const { document: drill } = await getDocument(store, fleetPartition, 'drill', input.id);
      for (const machineId of input.machineIds) {
        const record = (await store.read(machineId, 'certificate'))?.document;
        // Withdrawn meanwhile, or marked already by a run that crashed here.
        if (!record?.leaf || record.state === 'withdrawn' || isMarkedFor(drill.id, record)) continue;
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
    },

    /** How far it is; the end is when none is marked any more. */
    async readFleet(input: { id: string }): Promise<{ left: number }> {
      const certificates = await store.listCertificates();
      await update(input.id, (drill) => measureDrill(drill, certificates, now()));
      return { left: certificates.filter((certificate) => isMarkedFor(input.id, certificate)).length };
    },

    async endDrill(input: { id: string; status: 'succeeded' | 'cancelled' }): Promise<void> {
      const endedAt = now().toISOString();
      await update(input.id, () => ({ status: input.status, endedAt }), [{ remove: 'fleet-lock' }]);
    },

    /** What is not yet ordered stays as it was; its next date is that of its own renewal. */
    async unmark(input: { id: string }): Promise<void> {
      for (const certificate of await store.listCertificates()) {
        if (!isMarkedFor(input.id, certificate)) continue;
        const { machineId } = certificate;
        await leaveQueue(ports, machineId);
        await moveCertificate(ports, machineId, { type: 'call-off', drill: input.id });
      }
    },
  };
}

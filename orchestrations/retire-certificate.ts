import { retiredCertificatePartition } from '#shared/domain/documents.ts';
import type { CertificateVault } from '#shared/ports/certificate-vault.ts';
import type { MachineStore } from '#shared/ports/machine-store.ts';

/**
 * The certificate of a name that is given up: it can be read no more from now on, and is purged after its grace time
 * (`functions/timers/purge-certificates.ts`). The record stands first, so that no crash leaves a key for ever.
 */
export async function retireCertificate(
  { store, vault, now }: { store: MachineStore; vault: CertificateVault; now(): Date },
  { ownerId, machineName, certificate }: { ownerId: string; machineName: string; certificate: string },
): Promise<void> {
  const retiredAt = now().toISOString();
  const machineId = retiredCertificatePartition;
  await store.commit(machineId, [
    { put: { type: 'retired-certificate', machineId, key: machineName, ownerId, retiredAt } },
  ]);
  await vault.disableCertificate(certificate);
}

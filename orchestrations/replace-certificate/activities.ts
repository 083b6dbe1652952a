import type { AuditActor } from '#shared/domain/audit.ts';
import {
  type CertificateRecord,
  type IssuedLeaf,
  type KeyCustody,
  leafInService,
  type RevocationReason,
} from '#shared/domain/certificate.ts';
import { AppError } from '#shared/domain/error.ts';
import { dueAt } from '#shared/domain/renewal.ts';
import type { CertificateAuthority } from '#shared/ports/certificate-authority.ts';
import type { CertificateVault } from '#shared/ports/certificate-vault.ts';
import type { MachineStore } from '#shared/ports/machine-store.ts';
import type { MessageBus } from '#shared/ports/message-bus.ts';
import type { SecretStore } from '#shared/ports/secret-store.ts';
import { certificateName } from '#shared/protocol/resource-names.ts';
import { moveCertificate } from '../certificate-record.ts';

export type ReplaceCertificateActivities = ReturnType<typeof createReplaceCertificateActivities>;

export interface ReplaceCertificatePorts {
  store: MachineStore;
  secrets: SecretStore;
  bus: MessageBus;
  vault: CertificateVault;
  authorities: readonly CertificateAuthority[];
  now(): Date;
  newId(): string;
}

/** Whether the newest leaf is to be renewed for its own sake. */
const isDue = ({ leaf, window, point = 0.5 }: CertificateRecord, at: Date): boolean =>
  leaf !== undefined && Date.parse(dueAt(leaf, window, point)) <= at.getTime();

export function createReplaceCertificateActivities(ports: ReplaceCertificatePorts) {
  const { store, bus, vault, authorities, now, newId } = ports;

  /** By the authority that issued it; `certificate_revocation_refused` is its last word. */
  async function revokeAt({ issuedBy, machineName, custody, version }: IssuedLeaf, reason: RevocationReason) {
    const authority = authorities.find(({ name }) => name === issuedBy.name);
    if (!authority || authority.authority !== issuedBy.authority) {
      const detail = `${issuedBy.authority} issued it and is no longer configured`;
      throw new AppError('certificate_revocation_refused', detail);
    }
    const name = certificateName(machineName);
    const chain =
      custody === 'vault' ? await vault.readChain(name, version) : await vault.findKeptChain(name, version);
    if (chain === undefined)
      throw new AppError('certificate_missing', `the vault has no chain ${name} ${version}`);
    await authority.revoke(chain, reason);
  }

  return {
    /** Tells the machine that a request is wanted of it. A hint: its desired state says so too. */
    async requestFromMachine(input: { machineId: string; id: string; custody: KeyCustody }): Promise<void> {
      const { machineId, id, custody } = input;
      await moveCertificate(ports, machineId, { type: 'request', id, custody });
      await bus.sendToAgent(machineId, {
        specversion: '1.0',
        id: newId(),
        source: '/admin-center',
        time: now().toISOString(),
        type: 'admin-center.certificate.requested',
        data: { id },
      });
    },

    async hasRequest(input: { machineId: string; id: string }): Promise<{ made: boolean }> {
      return { made: (await store.read(input.machineId, 'certificate-request', input.id)) !== undefined };
    },

    /** From now on the certificate in service is to be replaced; the flow that runs does it. */
    async requestReplacement(input: {
      machineId: string;
      reason: RevocationReason;
      requestedBy: AuditActor;
    }): Promise<void> {
      const request = { reason: input.reason, revoke: true, requestedAt: now().toISOString() };
      const record = (await store.read(input.machineId, 'certificate'))?.document;
      // Said again after a crash: the first time counts.
      if (record?.replacement?.reason === input.reason && record.replacement.revoke) return;
      await moveCertificate(ports, input.machineId, { type: 'replace', request }, input.requestedBy);
    },

    /**
     * RFC 8555 section 7.6. With `isCurrent` the leaf in service; else the one that was replaced, if it is to be and
     * the machine serves the other. `unlessDue`: not when that other is due itself, because its renewal goes first.
     */
    async revokeLeaf(input: {
      machineId: string;
      isCurrent: boolean;
      unlessDue?: boolean;
    }): Promise<{ revoked: boolean }> {
      const record = (await store.read(input.machineId, 'certificate'))?.document;
      const { replacement } = record ?? {};
      if (!record || !replacement?.revoke || replacement.revokedAt !== undefined) return { revoked: false };
      const isReplaced = record.leaf?.servedAt !== undefined;
      const leaf = input.isCurrent ? leafInService(record) : isReplaced ? record.previous : undefined;
      if (!leaf || (input.unlessDue && isDue(record, now()))) return { revoked: false };
      // Revoking one that has ended says nothing to anybody.
      if (Date.parse(leaf.notAfter) > now().getTime()) {
        try {
          await revokeAt(leaf, replacement.reason);
        } catch (error) {
          // What was replaced and will never be revoked is not asked for again and again.
          const isFinal = error instanceof AppError && error.code === 'certificate_revocation_refused';
          if (isFinal && !input.isCurrent) {
            const { drill } = replacement;
            await moveCertificate(ports, input.machineId, {
              type: 'call-off',
              ...(drill !== undefined && { drill }),
            });
          }
          throw error;
        }
      }
      await moveCertificate(ports, input.machineId, {
        type: 'revoke',
        thumbprint: leaf.thumbprint,
        dueAt: now().toISOString(),
      });
      return { revoked: true };
    },
  };
}

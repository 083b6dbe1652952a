import { hostNamesOf, type LeafFacts } from '#shared/domain/certificate.ts';
import { dueAt } from '#shared/domain/renewal.ts';
import type {
  CertificateAuthority,
  DnsChallenge,
  OrderProgress,
} from '#shared/ports/certificate-authority.ts';
import type { CertificateVault } from '#shared/ports/certificate-vault.ts';
import type { DnsZone } from '#shared/ports/dns-zone.ts';
import type { MachineStore } from '#shared/ports/machine-store.ts';
import { certificateName } from '#shared/protocol/resource-names.ts';

import { updateDocument } from '../records.ts';

export type IssueCertificateActivities = ReturnType<typeof createIssueCertificateActivities>;

export interface IssueCertificatePorts {
  authority: CertificateAuthority;
  vault: CertificateVault;
  dns: DnsZone;
  store: MachineStore;
  now(): Date;
  /** In [0, 1). */
  random(): number;
}

/** Between tries of a renewal that fails; many fit between the due moment and the expiry. */
const failedRenewalPauseMs = 60 * 60_000;

/** `_acme-challenge.<name>.<zone>` relative to the zone. */
const relativeTo = (zone: string, name: string) => name.slice(0, -(zone.length + 1));

export function createIssueCertificateActivities(ports: IssueCertificatePorts) {
  const { authority, vault, dns, store, now, random } = ports;

  /** One TXT set takes the values of base name and wildcard in one write. */
  function valuesByName(challenges: readonly DnsChallenge[]): [string, string[]][] {
    const sets = new Map<string, string[]>();
    for (const { recordName, recordValue } of challenges) {
      const name = relativeTo(dns.zone, recordName);
      sets.set(name, [...(sets.get(name) ?? []), recordValue]);
    }
    return [...sets];
  }

  return {
    /** The machine's certificate in the vault when it is good for longer: then nothing is ordered. */
    async findUsableCertificate(input: {
      machineId: string;
      machineName: string;
    }): Promise<{ thumbprint?: string }> {
      const record = await store.read(input.machineId, 'certificate');
      const stored = await vault.findCertificate(certificateName(input.machineName));
      const isSame = stored !== undefined && stored.thumbprint === record?.document.thumbprint;
      return isSame && record && Date.parse(record.document.dueAt) > now().getTime()
        ? { thumbprint: stored.thumbprint }
        : {};
    },

    async ensureAccount(): Promise<{ account: string }> {
      return { account: await authority.ensureAccount() };
    },

    /** New key and request in the vault; base64 of the PKCS#10 DER. The key never leaves the vault here. */
    async createRequest(input: { machineName: string }): Promise<{ request: string }> {
      const hostNames = hostNamesOf(input.machineName, dns.zone);
      const request = await vault.beginCertificate(certificateName(input.machineName), hostNames, {
        authority: authority.authority,
      });
      return { request: Buffer.from(request).toString('base64') };
    },

    async createOrder(input: {
      machineName: string;
    }): Promise<{ orderUrl: string; challenges: DnsChallenge[] }> {
      return authority.createOrder(hostNamesOf(input.machineName, dns.zone));
    },

    async publishChallenges(input: { challenges: DnsChallenge[] }): Promise<void> {
      for (const [name, values] of valuesByName(input.challenges)) await dns.addTextValues(name, values);
    },

    async removeChallenges(input: { challenges: DnsChallenge[] }): Promise<void> {
      for (const [name, values] of valuesByName(input.challenges)) await dns.removeTextValues(name, values);
    },

    async answerChallenges(input: { challenges: DnsChallenge[] }): Promise<void> {
      for (const { challengeUrl } of input.challenges) await authority.answerChallenge(challengeUrl);
    },

    async readOrder(input: { orderUrl: string }): Promise<OrderProgress> {
      return authority.readOrder(input.orderUrl);
    },

    async finalizeOrder(input: { orderUrl: string; request: string }): Promise<OrderProgress> {
      return authority.finalizeOrder(input.orderUrl, Buffer.from(input.request, 'base64'));
    },

    /** After a failed renewal: the next try is later, at least by an hour or by what the authority asked for. */
    async postponeRenewal(input: { machineId: string; retryAfterMs?: number }): Promise<void> {
      // An uninstall may have taken it away meanwhile.
      if (!(await store.read(input.machineId, 'certificate'))) return;
      const at = now().getTime();
      const next = new Date(at + Math.max(failedRenewalPauseMs, input.retryAfterMs ?? 0)).toISOString();
      await updateDocument(store, input.machineId, 'certificate', undefined, (certificate) =>
        Date.parse(certificate.dueAt) <= at ? { document: { ...certificate, dueAt: next } } : undefined,
      );
    },

    /** Merges the chain with its key in the vault and writes what is known of it. Repeatable at every point. */
    async mergeCertificate(input: {
      machineId: string;
      machineName: string;
      orderUrl: string;
      account: string;
    }): Promise<{ thumbprint: string }> {
      const chain = await authority.downloadChain(input.orderUrl);
      const merged = await vault.mergeCertificate(certificateName(input.machineName), chain);
      const window = await authority.renewalWindow(chain).catch(() => undefined);
      const leaf: LeafFacts = merged;
      await store.commit(input.machineId, [
        {
          put: {
            type: 'certificate',
            machineId: input.machineId,
            state: 'issued',
            hostNames: merged.hostNames,
            thumbprint: leaf.thumbprint,
            version: merged.version,
            serialNumber: leaf.serialNumber,
            notBefore: leaf.notBefore,
            notAfter: leaf.notAfter,
            issuedBy: { authority: authority.authority, account: input.account },
            dueAt: dueAt(leaf, window, random()),
          },
        },
      ]);
      return { thumbprint: leaf.thumbprint };
    },
  };
}

import type { TurnRequest } from '#shared/domain/budget.ts';
import {
  hostNamesOf,
  type IssuancePlan,
  type IssuedLeaf,
  type Issuer,
  type KeyCustody,
  leafInService,
} from '#shared/domain/certificate.ts';
import { AppError, type ErrorRecord } from '#shared/domain/error.ts';
import { dueAt, nextCheckAt, nextTryAt } from '#shared/domain/renewal.ts';
import { urgencyOf } from '#shared/domain/urgency.ts';
import type {
  CertificateAuthority,
  CertificateOrder,
  DnsChallenge,
  OrderProgress,
} from '#shared/ports/certificate-authority.ts';
import type { CertificateVault, VaultCertificate } from '#shared/ports/certificate-vault.ts';
import type { DnsZone } from '#shared/ports/dns-zone.ts';
import type { MachineStore } from '#shared/ports/machine-store.ts';
import type { PublicDns } from '#shared/ports/public-dns.ts';
import type { SecretStore } from '#shared/ports/secret-store.ts';
import { certificateName } from '#shared/protocol/resource-names.ts';
import { moveCertificate } from '../certificate-record.ts';
import { checkNames } from '../check-names.ts';

export type IssueCertificateActivities = ReturnType<typeof createIssueCertificateActivities>;

export interface IssueCertificatePorts {
  /** In order of preference. */
  authorities: readonly CertificateAuthority[];
  vault: CertificateVault;
  dns: DnsZone;
  publicDns: PublicDns;
  store: MachineStore;
  secrets: SecretStore;
  now(): Date;
  newId(): string;
  /** In [0, 1). */
  random(): number;
}

interface Subject {
  machineId: string;
  machineName: string;
  custody: KeyCustody;
}

export interface TurnDescription {
  request: TurnRequest;
  authorities: string[];
  proofFailedBefore: boolean;
  replaces?: Issuer;
  renewalId?: string;
}

/** An order that nobody finishes is begun again after this time. */
const abandonedMs = 60 * 60_000;
/** `_acme-challenge.<name>.<zone>` relative to the zone. */
const relativeTo = (zone: string, name: string) => name.slice(0, -(zone.length + 1));

export function createIssueCertificateActivities(ports: IssueCertificatePorts) {
  const { authorities, vault, dns, publicDns, store, now, random } = ports;

  function authorityOf(name: string): CertificateAuthority {
    const found = authorities.find((one) => one.name === name);
    if (!found) throw new AppError('configuration_incomplete', `there is no certificate authority ${name}`);
    return found;
  }

  /** One TXT set takes the values of base name and wildcard in one write. */
  function valuesByName(challenges: readonly DnsChallenge[]): Map<string, string[]> {
    const sets = new Map<string, string[]>();
    for (const { recordName, recordValue } of challenges)
      sets.set(recordName, [...(sets.get(recordName) ?? []), recordValue]);
    return sets;
  }

  /** Whether its chain is kept, and its key is in the vault or with the agent that made it: another has its own. */
  async function isStored(machineId: string, leaf: IssuedLeaf): Promise<boolean> {
    const name = certificateName(leaf.machineName);
    if (leaf.custody === 'vault') return (await vault.findCertificate(name))?.thumbprint === leaf.thumbprint;
    const agent = (await store.read(machineId, 'agent'))?.document;
    if (!agent || agent.enrolledAt > leaf.issuedAt) return false;
    return (await vault.findKeptChain(name, leaf.version)) !== undefined;
  }

  /** The machine's certificate when it is good for longer: then nothing is ordered. */
  async function usableCertificate(input: Subject): Promise<string | undefined> {
    const record = (await store.read(input.machineId, 'certificate'))?.document;
    const leaf = record?.leaf;
    if (!leaf || leaf.machineName !== input.machineName || leaf.custody !== input.custody) return undefined;
    if (record.state === 'revoked' || record.replacement) return undefined;
    const { window, point = 0.5 } = record;
    const due = dueAt(leaf, window, point);
    if (Date.parse(due) <= now().getTime() || !(await isStored(input.machineId, leaf))) return undefined;
    await moveCertificate(ports, input.machineId, {
      type: 'issue',
      leaf,
      point,
      dueAt: due,
      ...(window && { window }),
      // Its authority may have thought better of it meanwhile.
      ...(leaf.renewalId !== undefined && { checkAt: now().toISOString() }),
    });
    return leaf.thumbprint;
  }

  async function recordOrder(input: Subject & { id: string }): Promise<void> {
    const retryAt = new Date(now().getTime() + abandonedMs).toISOString();
    const { id, custody } = input;
    await moveCertificate(ports, input.machineId, { type: 'order', id, custody, retryAt });
  }

  /** Base64 of the PKCS#10 DER: of a new key in the vault, or the one that the machine signed with its own. */
  async function createRequest(input: Subject & { authority: string; requestId?: string }): Promise<string> {
    if (input.custody === 'machine') {
      const made = await store.read(input.machineId, 'certificate-request', input.requestId ?? '');
      if (!made) throw new AppError('certificate_request_missing', 'the machine has sent no request');
      return made.document.request;
    }
    const { vaultIssuer, authority } = authorityOf(input.authority);
    const request = await vault.beginCertificate(
      certificateName(input.machineName),
      vaultIssuer,
      hostNamesOf(input.machineName, dns.zone),
      { authority },
    );
    return Buffer.from(request).toString('base64');
  }

  /** Servers of the zone that do not show every value yet. */
  async function serversWithout(challenges: readonly DnsChallenge[]): Promise<{ servers: string[] }> {
    const found = await Promise.all(
      [...valuesByName(challenges)].map(([name, values]) =>
        publicDns.findMissingText(dns.zone, name, values),
      ),
    );
    return { servers: [...new Set(found.flat().map(({ server }) => server))] };
  }

  return {
    /**
     * What the planner has to know of this machine, and who issued what is to be replaced. An install takes the
     * certificate that is good for longer, where there is one: then nothing is ordered.
     */
    async describeTurn(
      input: Subject & { isInstall: boolean },
    ): Promise<{ thumbprint: string } | TurnDescription> {
      const thumbprint = input.isInstall ? await usableCertificate(input) : undefined;
      if (thumbprint !== undefined) return { thumbprint };
      const record = (await store.read(input.machineId, 'certificate'))?.document;
      const leaf = record && leafInService(record);
      // Only a renewal under the same name replaces anything: the names must be the same (RFC 9773 section 5).
      const isSameName = record?.leaf?.machineName === input.machineName;
      return {
        request: {
          machineId: input.machineId,
          machineName: input.machineName,
          custody: input.custody,
          urgency: urgencyOf(record, input.isInstall, now().getTime()),
          since: now().toISOString(),
          ...(isSameName && record?.leaf && { renews: record.leaf.issuedBy.authority }),
          ...(leaf && { leaf: { notBefore: leaf.notBefore, notAfter: leaf.notAfter } }),
        },
        authorities: authorities
          .filter(({ custodies }) => custodies.includes(input.custody))
          .map(({ name }) => name),
        proofFailedBefore: record?.failure?.code === 'certificate_challenge_failed',
        ...(record?.leaf?.renewalId !== undefined &&
          isSameName && { replaces: record.leaf.issuedBy, renewalId: record.leaf.renewalId }),
      };
    },

    async recordWait(input: Subject & { id: string; plan: IssuancePlan }): Promise<void> {
      const { id, plan, custody } = input;
      await moveCertificate(ports, input.machineId, { type: 'wait', id, plan, custody });
    },

    /** The next try is later: by what was asked for, by a pause that grows, but well before the end. */
    async recordFailure(input: {
      machineId: string;
      id: string;
      error: ErrorRecord;
      retryAfterMs?: number;
    }): Promise<void> {
      const record = (await store.read(input.machineId, 'certificate'))?.document;
      if (!record || record.state === 'withdrawn') return;
      await moveCertificate(ports, input.machineId, {
        type: 'fail',
        id: input.id,
        error: input.error,
        retryAt: nextTryAt(record, input.retryAfterMs, now().getTime()),
      });
    },

    /**
     * One order, from its names to its challenges. `request` is base64 of the PKCS#10 DER. Repeated after a crash it
     * makes another order, and the first one is abandoned.
     */
    async placeOrder(
      input: Subject & { id: string; authority: string; requestId?: string; replaces?: string },
    ): Promise<CertificateOrder & { request: string }> {
      const { machineName, replaces } = input;
      const authority = authorityOf(input.authority);
      await checkNames(ports, authority, machineName);
      await recordOrder(input);
      const request = await createRequest(input);
      const order = await authority.createOrder({
        hostNames: hostNamesOf(machineName, dns.zone),
        ...(replaces !== undefined && { replaces }),
      });
      return { ...order, request };
    },

    /** Writes the TXT values, and looks for the first time whether every server of the zone shows them. */
    async publishChallenges(input: { challenges: DnsChallenge[] }): Promise<{ servers: string[] }> {
      for (const [name, values] of valuesByName(input.challenges))
        await dns.addTextValues(relativeTo(dns.zone, name), values);
      return serversWithout(input.challenges);
    },

    /** Servers of the zone that do not show every value yet. */
    async findUnpropagated(input: { challenges: DnsChallenge[] }): Promise<{ servers: string[] }> {
      return serversWithout(input.challenges);
    },

    async removeChallenges(input: { challenges: DnsChallenge[] }): Promise<void> {
      for (const [name, values] of valuesByName(input.challenges))
        await dns.removeTextValues(relativeTo(dns.zone, name), values);
    },

    /** Answers, and looks at the order for the first time. */
    async answerChallenges(input: {
      authority: string;
      orderUrl: string;
      challenges: DnsChallenge[];
    }): Promise<OrderProgress> {
      const authority = authorityOf(input.authority);
      for (const { challengeUrl } of input.challenges) await authority.answerChallenge(challengeUrl);
      return authority.readOrder(input.orderUrl);
    },

    async readOrder(input: { authority: string; orderUrl: string }): Promise<OrderProgress> {
      return authorityOf(input.authority).readOrder(input.orderUrl);
    },

    async finalizeOrder(input: {
      authority: string;
      orderUrl: string;
      request: string;
    }): Promise<OrderProgress> {
      return authorityOf(input.authority).finalizeOrder(input.orderUrl, Buffer.from(input.request, 'base64'));
    },

    /** Keeps the chain, with its key or without, and writes what is known of it. Repeatable at every point. */
    async keepCertificate(
      input: Subject & { authority: string; account: string; orderUrl: string },
    ): Promise<{ thumbprint: string }> {
      const authority = authorityOf(input.authority);
      const { chainPem, renewalId } = await authority.downloadChain(input.orderUrl);
      const name = certificateName(input.machineName);
      const kept: VaultCertificate =
        input.custody === 'vault'
          ? await vault.mergeCertificate(name, chainPem)
          : await vault.keepChain(name, chainPem, { authority: authority.authority });
      const advice =
        renewalId === undefined ? undefined : await authority.renewalAdvice(renewalId).catch(() => undefined);
      const at = now();
      const point = random();
      const leaf: IssuedLeaf = {
        thumbprint: kept.thumbprint,
        serialNumber: kept.serialNumber,
        notBefore: kept.notBefore,
        notAfter: kept.notAfter,
        machineName: input.machineName,
        hostNames: kept.hostNames,
        custody: input.custody,
        version: kept.version,
        issuedBy: { name: authority.name, authority: authority.authority, account: input.account },
        ...(renewalId !== undefined && { renewalId }),
        issuedAt: at.toISOString(),
      };
      await moveCertificate(ports, input.machineId, {
        type: 'issue',
        leaf,
        point,
        dueAt: dueAt(leaf, advice?.window, point),
        ...(advice && { window: advice.window }),
        ...(renewalId !== undefined && { checkAt: nextCheckAt(at.getTime(), advice?.retryAfterMs, 0) }),
      });
      return { thumbprint: leaf.thumbprint };
    },
  };
}

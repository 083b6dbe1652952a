import type { CertificatePolicy, KeyVaultCertificate } from '@azure/keyvault-certificates';
import { AppError } from '#shared/domain/error.ts';
import type { KeyVaultClients } from './key-vault-clients.ts';
import { asUncollected, isUncollected, tagsOf } from './key-vault-collection-tag.ts';
import { orAbsent, statusOf } from './key-vault-error.ts';
import { type CertificateOperation, readOperation, watchOperation } from './key-vault-operation-reader.ts';

type Tags = Readonly<Record<string, string>>;

/** The issuer of a request that we take to an authority ourselves. */
const outside = 'Unknown';

/** RFC 5280, upper bound of a common name; a longer name stands in the alternative names alone. */
const maxCommonName = 64;

/**
 * What an integrated issuer is asked for: the CA/Browser Forum's Baseline Requirements (section 6.3.2) allow 200 days
 * since 2026-03-15 and 100 since 2027-03-15.
 */
const validityInMonths = 3;

/** An EC key, as PEM: nothing on the way needs a PFX. */
function policyFor(issuerName: string, [baseName = '', ...others]: readonly string[]): CertificatePolicy {
  return {
    issuerName,
    ...(baseName.length <= maxCommonName && { subject: `CN=${baseName}` }),
    subjectAlternativeNames: { dnsNames: [baseName, ...others] },
    keyType: 'EC',
    keyCurveName: 'P-256',
    contentType: 'application/x-pem-file',
    exportable: true,
    reuseKey: false,
    ...(issuerName !== outside && { validityInMonths }),
    // Renewals are the planner's: without this the vault renews by itself with an integrated issuer.
    lifetimeActions: [{ action: 'EmailContacts', lifetimePercentage: 99 }],
  };
}

/** Enabled, and not past half of its lifetime: an older one would be renewed as soon as it is taken. */
function isFresh({ properties: { enabled, notBefore, expiresOn } }: KeyVaultCertificate): boolean {
  const from = notBefore?.getTime() ?? 0;
  const to = expiresOn?.getTime() ?? 0;
  return enabled !== false && Date.now() < from + (to - from) / 2;
}

const isSameSet = (a: readonly string[], b: readonly string[]) =>
  a.length === b.length && a.every((name) => b.includes(name));

/** A create that the vault refuses for the state of the name is tried again after each of: recovery, cancellation. */
const maxTries = 3;

/** The operation that makes a certificate's next version: the vault keeps one of each name, also after its end. */
export function certificateOperations({ certificates }: KeyVaultClients) {
  const read = async (name: string) => readOperation(await certificates(), name);

  async function cancel(name: string): Promise<void> {
    await orAbsent((await certificates()).deleteCertificateOperation(name));
  }

  /** Whether the last operation has this issuer and these very names; the policy is that of the last create. */
  async function isFor({ issuerName }: CertificateOperation, name: string, policy: CertificatePolicy) {
    if (issuerName.toLowerCase() !== policy.issuerName?.toLowerCase()) return false;
    const last = await (await certificates()).getCertificatePolicy(name);
    return isSameSet(
      last.subjectAlternativeNames?.dnsNames ?? [],
      policy.subjectAlternativeNames?.dnsNames ?? [],
    );
  }

  /** The request of the operation in progress, when it is the wanted one. */
  async function findPending(name: string, policy: CertificatePolicy): Promise<Uint8Array | undefined> {
    const operation = await read(name);
    if (operation?.status !== 'inProgress' || !(await isFor(operation, name, policy))) return undefined;
    return operation.request;
  }

  /** The request of an operation that an integrated issuer has completed and whose fruit nobody has fetched. */
  async function findUncollected(name: string, policy: CertificatePolicy): Promise<Uint8Array | undefined> {
    if (policy.issuerName === outside) return undefined;
    const operation = await read(name);
    if (operation?.status !== 'completed' || !(await isFor(operation, name, policy))) return undefined;
    const newest = await (await certificates()).getCertificate(name);
    return isUncollected(newest) && isFresh(newest) ? operation.request : undefined;
  }

  async function create(name: string, policy: CertificatePolicy, tags: Tags): Promise<Uint8Array> {
    const client = await certificates();
    const watch = watchOperation();
    try {
      await client.beginCreateCertificate(name, policy, {
        onResponse: watch.onResponse,
        tags: policy.issuerName === outside ? { ...tags } : asUncollected(tags),
      });
    } catch (error) {
      // An issuer may refuse at once; that is the order's end, and for whoever reads the order.
      if (statusOf(error) !== undefined || (await read(name))?.status !== 'failed') throw error;
    }
    // The client reads the operation once itself.
    const request = (watch.seen() ?? (await read(name)))?.request ?? new Uint8Array();
    if (request.length === 0 && policy.issuerName === outside)
      throw new AppError('key_vault_refused', `the certificate ${name} was begun and has no request`);
    return request;
  }

  /**
   * A deleted certificate holds its name for the days of recovery. It is taken back and a new version made: every
   * vault allows that, while a purge needs a right of its own and purge protection forbids it.
   */
  async function recoverDeleted(name: string): Promise<boolean> {
    const client = await certificates();
    if (!(await orAbsent(client.getDeletedCertificate(name)))) return false;
    await (await client.beginRecoverDeletedCertificate(name)).pollUntilDone();
    return true;
  }

  return {
    read,
    cancel,
    /** Notes that the chain of this version was fetched. */
    async collect(certificate: KeyVaultCertificate): Promise<void> {
      const { version } = certificate.properties;
      if (!version || !isUncollected(certificate)) return;
      const tags = tagsOf(certificate);
      await (await certificates()).updateCertificateProperties(certificate.name, version, { tags });
    },
    /** The request of the operation that is begun, or of the one that is begun already; empty where there is none. */
    async begin(name: string, issuer: string, hostNames: readonly string[], tags: Tags): Promise<Uint8Array> {
      const policy = policyFor(issuer, hostNames);
      const uncollected = await findUncollected(name, policy);
      if (uncollected) return uncollected;
      for (let tries = 1; ; tries += 1) {
        try {
          return await create(name, policy, tags);
        } catch (error) {
          if (statusOf(error) !== 409 || tries === maxTries) throw error;
        }
        if (await recoverDeleted(name)) continue;
        const pending = await findPending(name, policy);
        if (pending) return pending;
        await cancel(name);
      }
    },
  };
}

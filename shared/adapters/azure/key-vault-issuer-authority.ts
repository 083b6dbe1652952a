import type { CertificateIssuer } from '@azure/keyvault-certificates';
import type { RateLimit } from '#shared/domain/budget.ts';
import { AppError } from '#shared/domain/error.ts';
import type { CertificateAuthority, OrderProgress } from '#shared/ports/certificate-authority.ts';
import { certificateName } from '#shared/protocol/resource-names.ts';
import { certificateOperations } from './key-vault-certificate-operation.ts';
import { createKeyVaultCertificateVault } from './key-vault-certificate-vault.ts';
import { keyVaultClients } from './key-vault-clients.ts';
import { atKeyVault, type KeyVaultAccess, orAbsent } from './key-vault-error.ts';
import { remembered } from './remembered.ts';

export interface KeyVaultIssuerAuthorityOptions extends KeyVaultAccess {
  /** Our configuration's name for it. */
  name: string;
  /** Name of the issuer in the vault (`PUT /certificates/issuers/<name>`). */
  issuer: string;
  limits: readonly RateLimit[];
  /** Between two looks at an order, milliseconds; an issuer that validates an organisation takes minutes. Default 10 s. */
  lookAgainMs?: number;
}

/** RFC 8659 section 4.2, by the vault's word for the provider; one that is not here names nothing that we know. */
const caaIdentitiesOf: ReadonlyMap<string, readonly string[]> = new Map([
  ['digicert', ['digicert.com']],
  ['globalsign', ['globalsign.com']],
]);

const scheme = 'vault:';

/**
 * An issuer that Key Vault itself orders from (DigiCert, GlobalSign). The order is the vault's pending operation of
 * the machine's certificate: `beginCertificate` with `vaultIssuer` has placed it before `createOrder` names it.
 * The names are proven at the provider for the whole zone, so that there are no challenges.
 *
 * An operation that was deleted is an order that is lost: whether the newest version is its fruit cannot be told,
 * and taking an old leaf for a new one would end every renewal. It is refused, and the next try orders anew.
 */
export function createKeyVaultIssuerAuthority(options: KeyVaultIssuerAuthorityOptions): CertificateAuthority {
  const { name, issuer, limits, lookAgainMs = 10_000 } = options;
  const clients = keyVaultClients(options);
  const operations = certificateOperations(clients);
  const vault = createKeyVaultCertificateVault(options);

  const refused = (detail: string) =>
    new AppError('certificate_order_refused', detail, { facts: { issuer } });

  const readIssuer = remembered(
    () =>
      atKeyVault(`reading the issuer ${issuer}`, async (): Promise<CertificateIssuer> => {
        const found = await orAbsent((await clients.certificates()).getIssuer(issuer));
        const facts = { facts: { issuer } };
        if (!found)
          throw new AppError('configuration_incomplete', `the key vault has no issuer ${issuer}`, facts);
        if (found.enabled === false)
          throw new AppError('configuration_incomplete', `the issuer ${issuer} is disabled`, facts);
        return found;
      }),
    60_000,
  );

  function certificateOf(orderUrl: string): string {
    if (!orderUrl.startsWith(scheme)) throw refused(`${orderUrl} is not an order of this authority`);
    return orderUrl.slice(scheme.length);
  }

  /** The operation that is the order; throws where there is none of this issuer. */
  const requireOperation = (certificate: string) =>
    atKeyVault(`reading the operation of the certificate ${certificate}`, async () => {
      const operation = await operations.read(certificate);
      if (!operation) throw refused(`the certificate ${certificate} has no operation: it was deleted`);
      if (operation.issuerName.toLowerCase() !== issuer.toLowerCase())
        throw refused(`the certificate ${certificate} is being made by ${operation.issuerName}`);
      return operation;
    });

  async function readOrder(orderUrl: string): Promise<OrderProgress> {
    const certificate = certificateOf(orderUrl);
    const { status, words } = await requireOperation(certificate);
    if (status === 'completed') return { state: 'valid' };
    if (status === 'inProgress') return { state: 'processing', retryAfterMs: lookAgainMs };
    throw refused(`the operation of ${certificate} is ${status}${words && `: ${words}`}`);
  }

  return {
    name,
    authority: `issuer:${issuer}`,
    vaultIssuer: issuer,
    custodies: ['vault'],
    limits,

    /** `<provider>:<account id>`: with the issuer's name it says who issued what. */
    async ensureAccount() {
      const { provider = '', accountId = '' } = await readIssuer();
      return `${provider}:${accountId}`;
    },

    caaIdentities: async () => caaIdentitiesOf.get((await readIssuer()).provider?.toLowerCase() ?? '') ?? [],

    async createOrder({ hostNames: [baseName = ''] }) {
      const certificate = certificateName(baseName.split('.')[0] ?? '');
      await requireOperation(certificate);
      return { orderUrl: `${scheme}${certificate}`, challenges: [] };
    },

    answerChallenge: () => Promise.reject(refused(`the issuer ${issuer} has no challenges`)),
    readOrder,
    finalizeOrder: readOrder,

    async downloadChain(orderUrl) {
      const certificate = certificateOf(orderUrl);
      const { state } = await readOrder(orderUrl);
      const issued = state === 'valid' ? await vault.findCertificate(certificate) : undefined;
      if (!issued)
        throw new AppError('certificate_authority_unavailable', `${certificate} is not issued yet`);
      return { chainPem: await vault.readChain(certificate, issued.version) };
    },

    renewalAdvice: () => Promise.resolve(undefined),

    revoke: () =>
      Promise.reject(
        new AppError(
          'certificate_revocation_refused',
          `Key Vault cannot revoke: revoke it in the account of the issuer ${issuer} at its provider`,
          { facts: { issuer } },
        ),
      ),
  };
}

import type { RateLimit } from '#shared/domain/budget.ts';
import { AppError } from '#shared/domain/error.ts';
import type { CertificateAuthority } from '#shared/ports/certificate-authority.ts';
import type { SigningKey } from '#shared/ports/signing-key.ts';
import { createAcmeAccount } from './acme-account.ts';
import { createAcmeCertificates } from './acme-certificate.ts';
import { createAcmeOrders } from './acme-order.ts';
import { toRefusal } from './acme-problem.ts';
import type { ExternalAccount } from './acme-registration.ts';
import { createAcmeTransport } from './acme-transport.ts';

export interface AcmeCertificateAuthorityOptions {
  /** Our configuration's name for it: lower case, digits and hyphens. */
  name: string;
  /** RFC 8555 section 7.1.1, https. Using it means that its terms of service are agreed to. */
  directoryUrl: string;
  limits: readonly RateLimit[];
  /** Signs every request; it may live in a vault. One account belongs to all its versions. */
  accountKey: SigningKey;
  /** `mailto:` addresses that the authority may write to; told again when it shows others. */
  contact?: readonly string[] | undefined;
  externalAccount?: ExternalAccount | undefined;
  /** draft-ietf-acme-profiles, for example `shortlived`; one that is not offered is `configuration_incomplete`. */
  profile?: string | undefined;
  /** Common name of an issuer: the chain below it is taken where one is offered, else the default chain. */
  preferredChain?: string | undefined;
  fetch?: typeof globalThis.fetch;
  /** Milliseconds since the epoch. */
  now: () => number;
}

/** The port over RFC 8555 with DNS-01, RFC 9773 and profiles. It keeps a directory, an account and nonces, no more. */
export function createAcmeCertificateAuthority(
  options: AcmeCertificateAuthorityOptions,
): CertificateAuthority {
  const { name, directoryUrl, limits, accountKey, externalAccount, profile, preferredChain, now } = options;
  const { contact = [], fetch = globalThis.fetch } = options;
  const transport = createAcmeTransport({ directoryUrl, accountKey, fetch, now });
  const account = createAcmeAccount({ transport, accountKey, contact, externalAccount });
  const orders = createAcmeOrders({ transport, account, profile });
  const certificates = createAcmeCertificates({ transport, account, preferredChain });

  const caaIdentities = async () => (await transport.directory()).meta.caaIdentities;

  /** Who refused, and under which names a CAA record would allow it. */
  const withFacts = async (error: AppError): Promise<AppError> => {
    const isForbidden = error.code === 'certificate_authority_forbidden';
    const identities = isForbidden ? await caaIdentities().catch(() => []) : undefined;
    const { code, message, retryAfterMs } = error;
    return new AppError(code, message, {
      cause: error.cause,
      facts: { authority: name, ...error.facts, ...(identities && { identities }) },
      ...(retryAfterMs !== undefined && { retryAfterMs }),
    });
  };

  const translated =
    <Arguments extends unknown[], T>(step: (...args: Arguments) => Promise<T>) =>
    async (...args: Arguments): Promise<T> => {
      try {
        return await step(...args);
      } catch (error) {
        const refusal = toRefusal(error);
        // What the key's own vault says stays what it is.
        const isOurs = refusal instanceof AppError && refusal.hop === 'certificate authority';
        throw isOurs ? await withFacts(refusal) : refusal;
      }
    };

  return {
    name,
    authority: directoryUrl,
    vaultIssuer: 'Unknown',
    custodies: ['vault', 'machine'],
    limits,
    ensureAccount: translated(async () => (await account.signer()).accountUrl),
    caaIdentities: translated(caaIdentities),
    createOrder: translated(orders.create),
    answerChallenge: translated(orders.answer),
    readOrder: translated(orders.read),
    finalizeOrder: translated(orders.finalize),
    downloadChain: translated(async (orderUrl) =>
      certificates.download(await orders.certificateUrl(orderUrl)),
    ),
    renewalAdvice: translated(certificates.advise),
    revoke: translated(certificates.revoke),
  };
}

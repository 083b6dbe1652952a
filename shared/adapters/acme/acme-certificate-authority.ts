import type { CertificateAuthority } from '#shared/ports/certificate-authority.ts';
import type { SigningKey } from '#shared/ports/signing-key.ts';
import { createAcmeAccount, type ExternalAccount } from './acme-account.ts';
import { parseReply } from './acme-exchange.ts';
import { createAcmeOrders } from './acme-order.ts';
import { AcmeProblem, toRefusal } from './acme-problem.ts';
import { renewalInfoShape } from './acme-shapes.ts';
import { createAcmeTransport } from './acme-transport.ts';
import { renewalIdOf } from './renewal-id.ts';

export interface AcmeCertificateAuthorityOptions {
  /** RFC 8555 section 7.1.1, https. Using it means that its terms of service are agreed to. */
  directoryUrl: string;
  /** Signs every request; it may live in a vault. */
  accountKey: SigningKey;
  /** `mailto:` addresses that the authority may write to. */
  contact?: readonly string[];
  externalAccount?: ExternalAccount;
  fetch?: typeof globalThis.fetch;
  /** Milliseconds since the epoch. */
  now: () => number;
}

/** The port over RFC 8555 with DNS-01 and RFC 9773. It keeps a directory, an account address and nonces, no more. */
export function createAcmeCertificateAuthority(
  options: AcmeCertificateAuthorityOptions,
): CertificateAuthority {
  const { directoryUrl, accountKey, contact = [], externalAccount, fetch = globalThis.fetch, now } = options;
  const transport = createAcmeTransport({ directoryUrl, accountKey, fetch, now });
  const account = createAcmeAccount({ transport, accountKey, contact, externalAccount });
  const orders = createAcmeOrders(transport, account);

  const translated =
    <Arguments extends unknown[], T>(step: (...args: Arguments) => Promise<T>) =>
    async (...args: Arguments): Promise<T> => {
      try {
        return await step(...args);
      } catch (error) {
        throw toRefusal(error);
      }
    };

  return {
    authority: directoryUrl,
    ensureAccount: translated(async () => (await account.signer()).accountUrl),
    createOrder: translated(orders.create),
    answerChallenge: translated(orders.answer),
    readOrder: translated(orders.read),
    finalizeOrder: translated(orders.finalize),
    downloadChain: translated(orders.download),
    renewalWindow: translated(async (chainPem) => {
      const { renewalInfo } = await transport.directory();
      const id = renewalIdOf(chainPem);
      if (renewalInfo === undefined || id === undefined) return undefined;
      const url = `${renewalInfo.replace(/\/$/, '')}/${id}`;
      try {
        return parseReply(renewalInfoShape, await transport.get(url), url).suggestedWindow;
      } catch (error) {
        // An authority that does not know the certificate (it has another issuer now) suggests nothing.
        if (error instanceof AcmeProblem && error.status === 404) return undefined;
        throw error;
      }
    }),
  };
}

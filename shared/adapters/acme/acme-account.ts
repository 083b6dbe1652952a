import { Buffer } from 'node:buffer';
import { createHmac } from 'node:crypto';
import { AppError } from '#shared/domain/error.ts';
import type { PublicSigningKey, SigningKey } from '#shared/ports/signing-key.ts';
import type { AcmeReply } from './acme-exchange.ts';
import { AcmeProblem } from './acme-problem.ts';
import { type AcmeSigner, type AcmeTransport, encodeJson } from './acme-transport.ts';

/** What some authorities hand out with a customer account (RFC 8555 section 7.3.4). */
export interface ExternalAccount {
  keyId: string;
  /** Base64url, as the authority shows it. */
  macKey: string;
}

/** The account of our key at one authority. */
export interface AcmeAccount {
  /** The account with the key in use now, found or made. Repeatable: an authority has one account per key. */
  signer(): Promise<AcmeSigner & { accountUrl: string }>;
  /** Posts as the account; one that the authority has forgotten is made again, once. */
  post(url: string, payload: object | undefined): Promise<AcmeReply>;
}

export interface AcmeAccountOptions {
  transport: AcmeTransport;
  accountKey: SigningKey;
  /** `mailto:` addresses. */
  contact: readonly string[];
  externalAccount: ExternalAccount | undefined;
}

function bindExternally(account: ExternalAccount, key: PublicSigningKey, url: string): object {
  const header = encodeJson({ alg: 'HS256', kid: account.keyId, url });
  const payload = encodeJson(key);
  const mac = createHmac('sha256', Buffer.from(account.macKey, 'base64url'));
  return { protected: header, payload, signature: mac.update(`${header}.${payload}`).digest('base64url') };
}

export function createAcmeAccount(options: AcmeAccountOptions): AcmeAccount {
  const { transport, accountKey, contact, externalAccount } = options;
  /** By key id: another key is another account. */
  let known: { keyId: string; url: Promise<string> } | undefined;

  const register = async (keyId: string, publicKey: PublicSigningKey): Promise<string> => {
    const { newAccount, meta } = await transport.directory();
    if (meta.externalAccountRequired && !externalAccount) {
      throw new AppError('configuration_incomplete', `${newAccount} needs an external account`);
    }
    const { headers } = await transport.post({ keyId, publicKey }, newAccount, {
      termsOfServiceAgreed: true,
      ...(contact.length > 0 && { contact }),
      ...(externalAccount && {
        externalAccountBinding: bindExternally(externalAccount, publicKey, newAccount),
      }),
    });
    const url = headers.get('location');
    if (url === null)
      throw new AppError('certificate_authority_unavailable', `${newAccount} named no account`);
    return new URL(url, newAccount).href;
  };

  const signer = async (): Promise<AcmeSigner & { accountUrl: string }> => {
    const { keyId, publicKey } = await accountKey.current();
    const entry = known?.keyId === keyId ? known : { keyId, url: register(keyId, publicKey) };
    known = entry;
    try {
      return { keyId, publicKey, accountUrl: await entry.url };
    } catch (error) {
      if (known === entry) known = undefined;
      throw error;
    }
  };

  return {
    signer,
    async post(url, payload) {
      const wasKnown = known !== undefined;
      try {
        return await transport.post(await signer(), url, payload);
      } catch (error) {
        const isForgotten = error instanceof AcmeProblem && error.type === 'accountDoesNotExist';
        if (!isForgotten || !wasKnown) throw error;
        known = undefined;
        return transport.post(await signer(), url, payload);
      }
    },
  };
}

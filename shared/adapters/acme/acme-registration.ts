import { Buffer } from 'node:buffer';
import type { z } from 'zod';
import { AppError } from '#shared/domain/error.ts';
import type { SigningKey } from '#shared/ports/signing-key.ts';
import { type AcmeReply, locationOf } from './acme-exchange.ts';
import { isRefusal } from './acme-problem.ts';
import { accountShape } from './acme-shapes.ts';
import type { AcmeSigner, AcmeTransport } from './acme-transport.ts';
import { macFlattened, signFlattened } from './jws.ts';

/** What some authorities hand out with a customer account (RFC 8555 section 7.3.4). */
export interface ExternalAccount {
  keyId: string;
  /** Base64url, as the authority shows it; asked for when an account is made and at no other time. */
  macKey: string | (() => Promise<string>);
}

export interface RegistrationOptions {
  transport: AcmeTransport;
  accountKey: SigningKey;
  /** `mailto:` addresses. */
  contact: readonly string[];
  externalAccount: ExternalAccount | undefined;
}

export type AccountKeyVersion = Pick<AcmeSigner, 'keyId' | 'publicKey'>;

export interface UsableAccount {
  status: 'valid';
  url: string;
  /** Where the authority shows it. */
  contact: readonly string[] | undefined;
}

/** Section 7.3.6: it may do nothing any more, and neither may another account of its key. */
export interface ClosedAccount {
  status: 'deactivated' | 'revoked';
  /** What the authority says of it. */
  detail: string;
}

/** Finds, makes and re-keys accounts (RFC 8555 section 7.3). Keeps nothing. */
export interface AcmeRegistration {
  find(key: AccountKeyVersion): Promise<UsableAccount | ClosedAccount | undefined>;
  /** Tells the authority our contacts where it shows others (section 7.3.2); an account works without, too. */
  updateContact(account: UsableAccount, key: AccountKeyVersion): Promise<void>;
  create(key: AccountKeyVersion): Promise<string>;
  /**
   * Gives the account of the old key to the new one (section 7.3.5); false where the authority has no such thing.
   * Throws AcmeProblem when it is refused.
   */
  changeKey(account: UsableAccount, from: AccountKeyVersion, to: AccountKeyVersion): Promise<boolean>;
}

/** Authorities that want an external account refuse to look for one without it; making it again finds it. */
const unknownTypes = new Set(['accountDoesNotExist', 'externalAccountRequired']);

/** Section 7.3.1 asks for the Location of an account that exists, and for no body. */
const readAccount = ({ text }: AcmeReply): z.infer<typeof accountShape> => {
  try {
    return accountShape.parse(JSON.parse(text));
  } catch {
    return { status: 'valid' };
  }
};

const isSameSet = (some: readonly string[], others: readonly string[]): boolean =>
  some.length === others.length && some.every((one) => others.includes(one));

export function createAcmeRegistration(options: RegistrationOptions): AcmeRegistration {
  const { transport, accountKey, contact, externalAccount } = options;

  const bindExternally = async ({ keyId, macKey }: ExternalAccount, key: AccountKeyVersion, url: string) => {
    const mac = typeof macKey === 'string' ? macKey : await macKey();
    if (Buffer.from(mac, 'base64url').length === 0) {
      throw new AppError('configuration_incomplete', `the MAC key of the external account ${keyId} is empty`);
    }
    return macFlattened(mac, { kid: keyId, url }, key.publicKey);
  };

  return {
    async find(key) {
      const { newAccount } = await transport.directory();
      try {
        const reply = await transport.post(key, newAccount, { onlyReturnExisting: true });
        const { status, contact: shown } = readAccount(reply);
        const url = locationOf(reply, newAccount);
        return status === 'valid' ? { status, url, contact: shown } : { status, detail: url };
      } catch (error) {
        if (!isRefusal(error)) throw error;
        if (unknownTypes.has(error.type)) return undefined;
        // Nothing but the key was sent: what is not authorized is the account that it has (section 7.3.6).
        if (error.type === 'unauthorized') return { status: 'deactivated', detail: error.detail };
        throw error;
      }
    },

    async updateContact({ url, contact: shown }, key) {
      if (contact.length === 0 || shown === undefined || isSameSet(shown, contact)) return;
      try {
        await transport.post({ ...key, accountUrl: url }, url, { contact });
      } catch (error) {
        if (!isRefusal(error)) throw error;
      }
    },

    async create(key) {
      const { newAccount, meta } = await transport.directory();
      if (meta.externalAccountRequired && !externalAccount) {
        throw new AppError('configuration_incomplete', `${newAccount} needs an external account`);
      }
      const reply = await transport.post(key, newAccount, {
        termsOfServiceAgreed: true,
        ...(contact.length > 0 && { contact }),
        ...(externalAccount && {
          externalAccountBinding: await bindExternally(externalAccount, key, newAccount),
        }),
      });
      return locationOf(reply, newAccount);
    },

    async changeKey({ url }, from, to) {
      const { keyChange } = await transport.directory();
      if (keyChange === undefined) return false;
      const inner = await signFlattened(
        accountKey,
        to.keyId,
        { jwk: to.publicKey, url: keyChange },
        { account: url, oldKey: from.publicKey },
      );
      await transport.post({ ...from, accountUrl: url }, keyChange, inner);
      return true;
    },
  };
}

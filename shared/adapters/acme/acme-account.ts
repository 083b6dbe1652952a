import { AppError } from '#shared/domain/error.ts';
import type { AcmeReply } from './acme-exchange.ts';
import { AcmeProblem, isRefusal } from './acme-problem.ts';
import {
  type AccountKeyVersion,
  type ClosedAccount,
  createAcmeRegistration,
  type RegistrationOptions,
  type UsableAccount,
} from './acme-registration.ts';
import type { AcmeSigner } from './acme-transport.ts';

type AcmeAccountSigner = AcmeSigner & { accountUrl: string };

/** The account of our key at one authority. */
export interface AcmeAccount {
  /** The account of the newest version of the key: found, moved to it, or made. Repeatable from any process. */
  signer(): Promise<AcmeAccountSigner>;
  /** Posts as the account; one that was forgotten or got another key meanwhile is looked up again, once. */
  post(url: string, payload: object | undefined): Promise<AcmeReply>;
}

function requireUsable(account: UsableAccount | ClosedAccount): UsableAccount {
  if (account.status === 'valid') return account;
  const { status, detail } = account;
  throw new AppError('certificate_order_refused', `the account of our key is ${status} (${detail})`, {
    facts: { status, remedy: 'Make a new version of the account key: it opens a new account.' },
  });
}

/** What an authority answers to a signature that is not of the account's key, or to an account that it does not know. */
const isAboutTheAccount = (error: unknown): boolean =>
  error instanceof AcmeProblem &&
  (error.type === 'accountDoesNotExist' ||
    (['malformed', 'unauthorized'].includes(error.type) && [400, 401, 403].includes(error.status)));

export function createAcmeAccount(options: RegistrationOptions): AcmeAccount {
  const { accountKey, transport } = options;
  const registration = createAcmeRegistration(options);
  /** By the version of the key that was in use when it was looked up. */
  let known: { keyId: string; signer: Promise<AcmeAccountSigner> } | undefined;

  /**
   * Moves an account to the newest key. Another process may have been first: then the newest key has it. Where no
   * account can change its key, it stays with the version that opened it.
   */
  const move = async (
    account: UsableAccount,
    from: AccountKeyVersion,
    to: AccountKeyVersion,
  ): Promise<AcmeAccountSigner> => {
    try {
      const isMoved = await registration.changeKey(account, from, to);
      return { ...(isMoved ? to : from), accountUrl: account.url };
    } catch (error) {
      if (!isRefusal(error)) throw error;
      const moved = await registration.find(to);
      if (!moved) throw error;
      return { ...to, accountUrl: requireUsable(moved).url };
    }
  };

  const open = async (current: AccountKeyVersion): Promise<AcmeAccountSigner> => {
    const found = await registration.find(current);
    if (found) {
      const account = requireUsable(found);
      await registration.updateContact(account, current);
      return { ...current, accountUrl: account.url };
    }
    // What is called current may be remembered from before a rotation: the list says what is newest.
    const listed = await accountKey.versions();
    const isListed = listed.some(({ keyId }) => keyId === current.keyId);
    const versions = isListed ? listed : [current, ...listed];
    const [newest = current] = versions;
    for (const version of versions) {
      if (version.keyId === current.keyId) continue;
      const account = await registration.find(version);
      if (account && version.keyId === newest.keyId)
        return { ...newest, accountUrl: requireUsable(account).url };
      if (account?.status === 'valid') return move(account, version, newest);
    }
    return { ...newest, accountUrl: await registration.create(newest) };
  };

  const entry = async () => {
    const current = await accountKey.current();
    if (known?.keyId !== current.keyId) known = { keyId: current.keyId, signer: open(current) };
    const used = known;
    used.signer.catch(() => {
      if (known === used) known = undefined;
    });
    return used;
  };

  const signer = async (): Promise<AcmeAccountSigner> => (await entry()).signer;

  return {
    signer,
    async post(url, payload) {
      const used = await entry();
      const asked = await used.signer;
      try {
        return await transport.post(asked, url, payload);
      } catch (error) {
        if (!isAboutTheAccount(error)) throw error;
        if (known === used) known = undefined;
        const found = await signer();
        if (found.accountUrl === asked.accountUrl && found.keyId === asked.keyId) throw error;
        return transport.post(found, url, payload);
      }
    },
  };
}

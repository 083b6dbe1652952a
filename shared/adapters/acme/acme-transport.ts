import { AppError } from '#shared/domain/error.ts';
import type { PublicSigningKey, SigningKey } from '#shared/ports/signing-key.ts';
import { type AcmeReply, type ExchangeOptions, exchange, parseReply } from './acme-exchange.ts';
import { AcmeProblem } from './acme-problem.ts';
import { type AcmeDirectory, directoryShape } from './acme-shapes.ts';
import { signFlattened } from './jws.ts';
import { createNoncePool } from './nonce-pool.ts';

/** Refused nonces repeat the request: at the 20 % of a harsh test authority ten in a row come once in 10^7. */
const nonceAttempts = 10;
/** The directory is read again after this long: an authority may add what it offers. */
const directoryLifetimeMs = 60 * 60 * 1000;

/** Who signs: the key alone, or the account that it belongs to. */
export interface AcmeSigner {
  keyId: string;
  publicKey: PublicSigningKey;
  accountUrl?: string;
}

export interface AcmeTransport {
  directory(): Promise<AcmeDirectory>;
  get(url: string): Promise<AcmeReply>;
  /** Signed POST; `undefined` as payload reads (POST-as-GET). Throws AcmeProblem or AppError. */
  post(signer: AcmeSigner, url: string, payload: object | undefined): Promise<AcmeReply>;
}

export interface AcmeTransportOptions extends ExchangeOptions {
  directoryUrl: string;
  accountKey: Pick<SigningKey, 'sign'>;
}

/** Requests to one authority (RFC 8555 section 6): signed with an injected key, nonces kept and repeated. */
export function createAcmeTransport(options: AcmeTransportOptions): AcmeTransport {
  const { directoryUrl, accountKey, now } = options;
  const { protocol } = new URL(directoryUrl);
  const nonces = createNoncePool();
  const keepNonce = (headers: Headers): void => nonces.add(headers.get('replay-nonce'));
  let cached: { directory: Promise<AcmeDirectory>; until: number } | undefined;

  const get = (url: string): Promise<AcmeReply> => exchange(options, url, { method: 'GET' });

  const directory = (): Promise<AcmeDirectory> => {
    if (cached && now() < cached.until) return cached.directory;
    const read = get(directoryUrl).then((reply) => parseReply(directoryShape, reply, directoryUrl));
    cached = { directory: read, until: now() + directoryLifetimeMs };
    // A failure is not kept; whoever waits for it sees it.
    read.catch(() => {
      if (cached?.directory === read) cached = undefined;
    });
    return read;
  };

  const takeNonce = async (): Promise<string> => {
    const kept = nonces.take();
    if (kept !== undefined) return kept;
    const { newNonce } = await directory();
    const { headers } = await exchange(options, newNonce, { method: 'HEAD' });
    const fresh = headers.get('replay-nonce');
    if (fresh === null) throw new AppError('certificate_authority_unavailable', `${newNonce} gave no nonce`);
    return fresh;
  };

  return {
    directory,
    get,
    async post({ keyId, publicKey, accountUrl }, url, payload) {
      if (new URL(url).protocol !== protocol) {
        throw new AppError('certificate_order_refused', `${url} is not an address of this authority`);
      }
      const identity = accountUrl === undefined ? { jwk: publicKey } : { kid: accountUrl };
      for (let attempt = 1; ; attempt++) {
        const header = { nonce: await takeNonce(), url, ...identity };
        const body = JSON.stringify(await signFlattened(accountKey, keyId, header, payload));
        const headers = { 'content-type': 'application/jose+json' };
        try {
          return await exchange(options, url, { method: 'POST', headers, body }, keepNonce);
        } catch (error) {
          if (!(error instanceof AcmeProblem) || error.type !== 'badNonce' || attempt === nonceAttempts)
            throw error;
        }
      }
    },
  };
}

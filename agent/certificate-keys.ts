import { createHash, createPublicKey, type KeyObject, type X509Certificate } from 'node:crypto';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { AppError } from '#shared/domain/error.ts';
import type { AgentState } from '#shared/protocol/agent-messages.ts';
import { newPrivateKeyPem, requireHostNames, signCertificateRequest } from './certificate-request.ts';
import { ensurePrivateDirectory, readIfPresent, removeLeftovers, writeDurably } from './durable-file.ts';

type WantedRequest = NonNullable<AgentState['certificateRequest']>;

/** Key and request in one file: neither is ever there without the other, and the same id gives the same bytes. */
const keyFile = z.object({
  id: z.string(),
  /** Grows with each key; a clock may be set back. */
  sequence: z.number().int().positive(),
  hostNames: z.array(z.string()),
  /** PKCS#10, DER in base64. */
  request: z.string(),
  /** SHA-256 of the public half (SubjectPublicKeyInfo), lower-case hex. */
  publicKey: z.string(),
  privateKeyPem: z.string(),
});
type CertificateKey = z.infer<typeof keyFile>;

/** The private keys that this machine makes for its own certificates; they never leave its disk. */
export interface CertificateKeys {
  /**
   * The request for this id, made at the first call. Throws `invalid_request` for names that are none, or that are
   * others than the id stood for before.
   */
  requestFor(wanted: WantedRequest): Promise<string>;
  /** The key whose public half is the leaf's. Throws `leaf_mismatch` when there is none. */
  keyOf(leaf: X509Certificate): Promise<string>;
  /** Removes the keys that are older than the leaf's own. */
  forgetOlderThan(leaf: X509Certificate): Promise<void>;
  /** Removes every key but that of the request that is wanted. */
  forgetAllBut(id: string | undefined): Promise<void>;
}

const fingerprint = (key: KeyObject): string =>
  createHash('sha256')
    .update(key.export({ format: 'der', type: 'spki' }))
    .digest('hex');

/** An id may hold anything; its hash is a file name everywhere. */
const fileNameOf = (id: string): string =>
  `${createHash('sha256').update(id).digest('hex').slice(0, 40)}.json`;

/** A file that rotted is as good as none: it cannot be mended, and the next issue has an id of its own. */
function parseKey(text: string | undefined): CertificateKey | undefined {
  try {
    return keyFile.parse(JSON.parse(text ?? ''));
  } catch {
    return undefined;
  }
}

const sameNames = (left: readonly string[], right: readonly string[]): boolean =>
  left.length === right.length && left.every((name, at) => name === right[at]);

/** Keeps them in `certificate-keys/`. */
export async function openCertificateKeys(dataDirectory: string): Promise<CertificateKeys> {
  const directory = join(dataDirectory, 'certificate-keys');
  await ensurePrivateDirectory(directory);
  await removeLeftovers(directory);
  let turn: Promise<unknown> = Promise.resolve();

  /** One after the other: two callers with one id must not make two keys. */
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const next = turn.then(work);
    turn = next.catch(() => undefined);
    return next;
  }

  async function listKeys(): Promise<{ file: string; key: CertificateKey | undefined }[]> {
    const names = (await readdir(directory)).filter((name) => name.endsWith('.json'));
    return Promise.all(
      names.map(async (name) => {
        const file = join(directory, name);
        return { file, key: parseKey(await readIfPresent(file)) };
      }),
    );
  }

  async function makeKey(file: string, { id, hostNames }: WantedRequest): Promise<CertificateKey> {
    const others = (await listKeys()).map(({ key }) => key?.sequence ?? 0);
    const privateKeyPem = newPrivateKeyPem();
    const key: CertificateKey = {
      id,
      sequence: Math.max(0, ...others) + 1,
      hostNames,
      request: await signCertificateRequest(privateKeyPem, hostNames),
      publicKey: fingerprint(createPublicKey(privateKeyPem)),
      privateKeyPem,
    };
    await writeDurably(file, JSON.stringify(key));
    return key;
  }

  async function find(leaf: X509Certificate): Promise<CertificateKey | undefined> {
    const wanted = fingerprint(leaf.publicKey);
    return (await listKeys()).find(({ key }) => key?.publicKey === wanted)?.key;
  }

  async function forget(isOver: (key: CertificateKey | undefined) => boolean): Promise<void> {
    for (const { file, key } of await listKeys()) if (isOver(key)) await rm(file, { force: true });
  }

  return {
    requestFor: (wanted) =>
      inTurn(async () => {
        requireHostNames(wanted.hostNames);
        const file = join(directory, fileNameOf(wanted.id));
        const key = parseKey(await readIfPresent(file)) ?? (await makeKey(file, wanted));
        if (!sameNames(key.hostNames, wanted.hostNames))
          throw new AppError('invalid_request', 'the request of this id was made for other names');
        return key.request;
      }),
    keyOf: (leaf) =>
      inTurn(async () => {
        const key = await find(leaf);
        if (!key)
          throw new AppError('leaf_mismatch', 'the certificate is for a key that is not on this machine');
        return key.privateKeyPem;
      }),
    forgetOlderThan: (leaf) =>
      inTurn(async () => {
        const served = await find(leaf);
        if (served) await forget((key) => key === undefined || key.sequence < served.sequence);
      }),
    forgetAllBut: (id) => inTurn(() => forget((key) => key === undefined || key.id !== id)),
  };
}

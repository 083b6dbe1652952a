import { createHash, createPrivateKey, X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import { createSecureContext, type SecureContext } from 'node:tls';
import type { CryptoKey } from 'jose';
import { AppError } from '#shared/domain/error.ts';
import type { CertificateContent, SealedCertificate } from '#shared/protocol/agent-messages.ts';
import { unsealCertificate } from '#shared/protocol/sealed-certificate.ts';
import { readIfPresent, writeDurably } from './durable-file.ts';
import { baseName, type MachineNames } from './host-names.ts';

interface ServedCertificate {
  /** SHA-256 of the leaf, lower-case hex. */
  thumbprint: string;
  leaf: X509Certificate;
  context: SecureContext;
}

/** The one certificate that the agent serves. New handshakes take the newest; open connections stay as they are. */
export interface CertificateStore {
  /** Takes the certificate of an earlier run from the disk, when there is one. */
  load(): Promise<void>;
  /** Of what is in use now. */
  thumbprint(): string | undefined;
  /** The context for a server name that the certificate covers, or undefined. */
  contextFor(serverName: string): SecureContext | undefined;
  /** Unseals, checks, keeps and serves. Throws `leaf_mismatch` when it is not for this machine or not as announced. */
  install(sealed: SealedCertificate, names: MachineNames): Promise<void>;
}

export const thumbprintOf = (leaf: X509Certificate): string =>
  createHash('sha256').update(leaf.raw).digest('hex');

/** Leaf and key as PEM text, checked to belong together. */
function readPair({ privateKeyPem, chainPem }: CertificateContent): ServedCertificate {
  try {
    const leaf = new X509Certificate(chainPem);
    if (!leaf.checkPrivateKey(createPrivateKey(privateKeyPem))) throw new Error('the key is another one');
    const context = createSecureContext({ key: privateKeyPem, cert: chainPem, minVersion: 'TLSv1.2' });
    return { thumbprint: thumbprintOf(leaf), leaf, context };
  } catch (cause) {
    throw new AppError('leaf_mismatch', 'the certificate and its key do not belong together', { cause });
  }
}

/** The certificate carries the base name and the wildcard of this machine (requirement 64). */
function requireNames(leaf: X509Certificate, names: MachineNames): void {
  const base = baseName(names);
  for (const name of [base, `session.${base}`])
    if (leaf.checkHost(name) === undefined)
      throw new AppError('leaf_mismatch', `the certificate does not cover ${name}`);
}

/** `certificate.pem` holds key and chain in one file, so that both change in one rename. */
export function createCertificateStore(dataDirectory: string, unsealingKey: CryptoKey): CertificateStore {
  const file = join(dataDirectory, 'certificate.pem');
  let served: ServedCertificate | undefined;

  return {
    async load() {
      const text = await readIfPresent(file);
      if (text !== undefined) served = readPair({ privateKeyPem: text, chainPem: text });
    },
    thumbprint: () => served?.thumbprint,
    contextFor(serverName) {
      return served?.leaf.checkHost(serverName) === undefined ? undefined : served.context;
    },
    async install(sealed, names) {
      const content = await unsealCertificate(unsealingKey, sealed.sealed);
      const pair = readPair(content);
      if (pair.thumbprint !== sealed.thumbprint)
        throw new AppError('leaf_mismatch', 'the certificate is not the one that was announced');
      requireNames(pair.leaf, names);
      await writeDurably(file, `${content.privateKeyPem.trim()}\n${content.chainPem.trim()}\n`);
      served = pair;
    },
  };
}

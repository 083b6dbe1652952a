import { createHash, createPrivateKey, X509Certificate } from 'node:crypto';
import { createSecureContext, type SecureContext } from 'node:tls';
import { AppError } from '#shared/domain/error.ts';
import type { CertificateContent } from '#shared/protocol/agent-messages.ts';
import { baseName, type MachineNames } from './host-names.ts';

/** Leaf and key that belong together, ready for handshakes. */
export interface CertificatePair {
  /** SHA-256 of the leaf, lower-case hex. */
  thumbprint: string;
  leaf: X509Certificate;
  context: SecureContext;
}

export const thumbprintOf = (leaf: X509Certificate): string =>
  createHash('sha256').update(leaf.raw).digest('hex');

/** The first certificate of the chain. Throws `leaf_mismatch` when the text is none. */
export function leafOf(chainPem: string): X509Certificate {
  try {
    return new X509Certificate(chainPem);
  } catch (cause) {
    throw new AppError('leaf_mismatch', 'the chain does not begin with a certificate', { cause });
  }
}

/** Throws `leaf_mismatch` when key and chain do not belong together. */
export function readPair({ privateKeyPem, chainPem }: CertificateContent): CertificatePair {
  const leaf = leafOf(chainPem);
  try {
    if (!leaf.checkPrivateKey(createPrivateKey(privateKeyPem))) throw new Error('the key is another one');
    const context = createSecureContext({ key: privateKeyPem, cert: chainPem, minVersion: 'TLSv1.2' });
    return { thumbprint: thumbprintOf(leaf), leaf, context };
  } catch (cause) {
    throw new AppError('leaf_mismatch', 'the certificate and its key do not belong together', { cause });
  }
}

/** The certificate carries the base name and the wildcard of this machine (requirement 64). */
export function requireNames(leaf: X509Certificate, names: MachineNames): void {
  const base = baseName(names);
  for (const name of [base, `session.${base}`])
    if (leaf.checkHost(name) === undefined)
      throw new AppError('leaf_mismatch', `the certificate does not cover ${name}`);
}

import type { X509Certificate } from 'node:crypto';
import type { LeafFacts } from '#shared/domain/certificate.ts';

/** The certificates of a PEM text, in their order. */
export const certificateBlocks = (pem: string): string[] =>
  pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];

/** The PKCS#8 key of a PEM text. */
export const privateKeyBlock = (pem: string): string | undefined =>
  /-----BEGIN PRIVATE KEY-----[^-]+-----END PRIVATE KEY-----/.exec(pem)?.[0];

/** What identifies a leaf, bounds it in time, and the DNS names that it is for, in its order. */
export function leafFacts(leaf: X509Certificate): LeafFacts & { hostNames: string[] } {
  return {
    thumbprint: leaf.fingerprint256.replaceAll(':', '').toLowerCase(),
    serialNumber: leaf.serialNumber,
    notBefore: new Date(leaf.validFrom).toISOString(),
    notAfter: new Date(leaf.validTo).toISOString(),
    hostNames: (leaf.subjectAltName ?? '')
      .split(', ')
      .filter((name) => name.startsWith('DNS:'))
      .map((name) => name.slice('DNS:'.length)),
  };
}

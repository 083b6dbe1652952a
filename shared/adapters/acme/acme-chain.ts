import { X509Certificate } from 'node:crypto';
import { AppError } from '#shared/domain/error.ts';

const certificates = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** The certificates of a PEM chain, leaf first; text without any, or with a damaged one, is no chain. */
export function parseChain(pem: string, url: string): X509Certificate[] {
  try {
    const chain = (pem.match(certificates) ?? []).map((text) => new X509Certificate(text));
    if (chain.length > 0) return chain;
  } catch {
    // Falls through: what was sent is not a chain.
  }
  throw new AppError('certificate_authority_unavailable', `${url} is not a PEM chain`);
}

/** Whether one of the certificates was issued under this common name. */
export const isIssuedUnder = (chain: readonly X509Certificate[], commonName: string): boolean =>
  chain.some(({ issuer }) => issuer.split('\n').includes(`CN=${commonName}`));

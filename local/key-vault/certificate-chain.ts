import { createPublicKey, X509Certificate } from 'node:crypto';
import { publicKeyDer } from './key-material.ts';
import { badParameter } from './vault-error.ts';

const keyMismatch =
  'The public key of the end-entity certificate in the specified X.509 certificate content does not match the ' +
  'public part of the specified private key. Please check if certificate is valid.';

export function parseCertificate(source: string | Buffer): X509Certificate {
  try {
    return new X509Certificate(source);
  } catch {
    throw badParameter(
      'The specified X.509 certificate content can not be read. Please check if certificate is valid.',
    );
  }
}

const issues = (issuer: X509Certificate, subject: X509Certificate) =>
  subject.checkIssued(issuer) && subject.verify(issuer.publicKey);

/** Whatever its key usages say: most certificates that signed themselves may not sign others. */
const isSelfSigned = (certificate: X509Certificate) =>
  certificate.subject === certificate.issuer && certificate.verify(certificate.publicKey);

/**
 * Puts the certificates in order of issue, the one of `key` first, and checks that nothing is missing or foreign:
 * a leaf that did not sign itself needs its issuer (the root may be left out). Stricter than the service, which
 * takes a lone leaf: TLS clients would refuse what could be served of it.
 */
export function orderChain(
  certificates: readonly X509Certificate[],
  privateKeyPem: string,
): X509Certificate[] {
  const wanted = publicKeyDer(createPublicKey(privateKeyPem));
  const leaf = certificates.find(({ publicKey }) => publicKeyDer(publicKey).equals(wanted));
  if (!leaf) throw badParameter(keyMismatch);
  const chain = [leaf];
  const rest = new Set(certificates.filter(({ raw }) => !raw.equals(leaf.raw)));
  for (let last = leaf; rest.size > 0; ) {
    const next = [...rest].find((candidate) => issues(candidate, last));
    if (!next)
      throw badParameter(`No certificate in the request is issued by or issues ${[...rest][0]?.subject}`);
    rest.delete(next);
    chain.push(next);
    last = next;
  }
  if (chain.length === 1 && !isSelfSigned(leaf))
    throw badParameter('The certificate chain is incomplete: the certificate of the issuer is missing.');
  return chain;
}

/** The whole secret of a certificate as PEM: the key as PKCS#8 (unless it may not be exported), then the chain. */
export function pemBundle(privateKey: string | undefined, chain: readonly string[]): string {
  const certificates = chain.map((der) => new X509Certificate(Buffer.from(der, 'base64')).toString());
  return [...(privateKey ? [privateKey] : []), ...certificates].join('');
}

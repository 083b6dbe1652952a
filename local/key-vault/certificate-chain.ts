import { createPrivateKey, createPublicKey, type KeyObject, X509Certificate } from 'node:crypto';
import { pkcs8, publicKeyDer } from './key-material.ts';
import { badParameter, lacking } from './vault-error.ts';

const keyMismatch =
  'The public key of the end-entity certificate in the specified X.509 certificate content does not match the ' +
  'public part of the specified private key. Please check if certificate is valid.';
const unexpectedPem =
  'The specified PEM X.509 certificate content is in an unexpected format. ' +
  'Please check if certificate is in valid PEM format.';

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
  if (chain.length === 1 && !issues(leaf, leaf))
    throw badParameter('The certificate chain is incomplete: the certificate of the issuer is missing.');
  return chain;
}

export interface ImportedPem {
  /** PKCS#8 PEM. */
  privateKey: string;
  certificates: X509Certificate[];
}

function parsePrivateKey(pem: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch {
    throw badParameter(unexpectedPem);
  }
}

/** Reads what `import` is given: PEM text with one unencrypted PKCS#8 key, bare or in base64. */
export function parseImport(value: string): ImportedPem {
  const decoded = value.includes('-----BEGIN') ? value : Buffer.from(value, 'base64').toString('latin1');
  if (!decoded.includes('-----BEGIN')) throw lacking('import of PKCS#12 (PFX) content; import PEM');
  const blocks = decoded.match(/-----BEGIN ([A-Z0-9 ]+)-----[^-]+-----END \1-----/g) ?? [];
  const keys = blocks.filter((block) => block.startsWith('-----BEGIN PRIVATE KEY-----'));
  const certificates = blocks.filter((block) => block.startsWith('-----BEGIN CERTIFICATE-----'));
  const [key] = keys;
  if (
    !key ||
    keys.length > 1 ||
    certificates.length === 0 ||
    keys.length + certificates.length < blocks.length
  )
    throw badParameter(unexpectedPem);
  return {
    privateKey: pkcs8(parsePrivateKey(key)),
    certificates: certificates.map((pem) => parseCertificate(pem)),
  };
}

/** The whole secret of a certificate as PEM: the key as PKCS#8 (unless it may not be exported), then the chain. */
export function pemBundle(privateKey: string | undefined, chain: readonly string[]): string {
  const certificates = chain.map((der) => new X509Certificate(Buffer.from(der, 'base64')).toString());
  return [...(privateKey ? [privateKey] : []), ...certificates].join('');
}

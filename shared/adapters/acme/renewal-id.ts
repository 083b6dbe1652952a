import { Buffer } from 'node:buffer';
import { X509Certificate } from 'node:crypto';
import { type DerElement, derTags, readDer } from '#shared/protocol/der.ts';

const authorityKeyIdentifier = Buffer.from('551d23', 'hex');

const within = (elements: readonly DerElement[], tag: number): Buffer | undefined =>
  elements.find((element) => element.tag === tag)?.body;

/** The keyIdentifier of the AuthorityKeyIdentifier extension (RFC 5280 section 4.2.1.1). */
function issuerKeyId(fields: readonly DerElement[]): Buffer | undefined {
  const list = within(fields, derTags.context3);
  const extensions = list && within(readDer(list), derTags.sequence);
  for (const { body } of readDer(extensions ?? Buffer.alloc(0))) {
    const parts = readDer(body);
    if (!within(parts, derTags.objectIdentifier)?.equals(authorityKeyIdentifier)) continue;
    const value = within(parts, derTags.octetString);
    const sequence = value && within(readDer(value), derTags.sequence);
    return sequence && within(readDer(sequence), derTags.keyId);
  }
  return undefined;
}

/**
 * RFC 9773 section 4.1: base64url of the issuer's key identifier, a dot, base64url of the serial number as it
 * stands in the DER. Undefined for a leaf without that identifier. Reads the first certificate of a PEM chain.
 */
export function renewalIdOf(chainPem: string): string | undefined {
  const { raw } = new X509Certificate(chainPem);
  const [certificate] = readDer(raw);
  const toBeSigned = certificate && within(readDer(certificate.body), derTags.sequence);
  const fields = readDer(toBeSigned ?? Buffer.alloc(0));
  const serial = within(fields, derTags.integer);
  const issuer = issuerKeyId(fields);
  return serial && issuer && `${issuer.toString('base64url')}.${serial.toString('base64url')}`;
}

import { Buffer } from 'node:buffer';
import { X509Certificate } from 'node:crypto';

const authorityKeyIdentifier = Buffer.from('551d23', 'hex');
const tags = { integer: 0x02, octetString: 0x04, oid: 0x06, sequence: 0x30, extensions: 0xa3, keyId: 0x80 };

interface Element {
  tag: number;
  content: Buffer;
}

/** The elements that follow each other in a piece of DER (X.690 section 10.1: definite lengths only). */
function elementsOf(der: Buffer): Element[] {
  const elements: Element[] = [];
  for (let at = 0; at < der.length; ) {
    const tag = der.readUInt8(at);
    const first = der.readUInt8(at + 1);
    const lengthBytes = first < 0x80 ? 0 : first & 0x7f;
    const length = lengthBytes === 0 ? first : der.readUIntBE(at + 2, lengthBytes);
    const start = at + 2 + lengthBytes;
    elements.push({ tag, content: der.subarray(start, start + length) });
    at = start + length;
  }
  return elements;
}

const within = (elements: readonly Element[], tag: number): Buffer | undefined =>
  elements.find((element) => element.tag === tag)?.content;

/** The keyIdentifier of the AuthorityKeyIdentifier extension (RFC 5280 section 4.2.1.1). */
function issuerKeyId(fields: readonly Element[]): Buffer | undefined {
  const list = within(fields, tags.extensions);
  const extensions = list && within(elementsOf(list), tags.sequence);
  for (const { content } of elementsOf(extensions ?? Buffer.alloc(0))) {
    const parts = elementsOf(content);
    if (!within(parts, tags.oid)?.equals(authorityKeyIdentifier)) continue;
    const value = within(parts, tags.octetString);
    const sequence = value && within(elementsOf(value), tags.sequence);
    return sequence && within(elementsOf(sequence), tags.keyId);
  }
  return undefined;
}

/**
 * RFC 9773 section 4.1: base64url of the issuer's key identifier, a dot, base64url of the serial number as it
 * stands in the DER. Undefined for a leaf without that identifier. Reads the first certificate of a PEM chain.
 */
export function renewalIdOf(chainPem: string): string | undefined {
  const { raw } = new X509Certificate(chainPem);
  const [certificate] = elementsOf(raw);
  const toBeSigned = certificate && within(elementsOf(certificate.content), tags.sequence);
  const fields = elementsOf(toBeSigned ?? Buffer.alloc(0));
  const serial = within(fields, tags.integer);
  const issuer = issuerKeyId(fields);
  return serial && issuer && `${issuer.toString('base64url')}.${serial.toString('base64url')}`;
}

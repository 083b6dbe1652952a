import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import { type DerElement, derTags, readDer, readFields } from '#shared/protocol/der.ts';

const { sequence, set, integer, bitString, octetString, objectIdentifier, context0, context2 } = derTags;

/** Content of object identifiers, as hex. */
const identifiers = {
  commonName: '550403',
  /** PKCS#9, RFC 2985 section 5.4.2. */
  extensionRequest: '2a864886f70d01090e',
  subjectAlternativeName: '551d11',
} as const;

/** Signature algorithms with SHA-2: content of the whole identifier, as hex (RFC 5758 section 3.2, RFC 8017 A.2.4). */
const signatureAlgorithms: Readonly<Record<string, { keyType: 'ec' | 'rsa'; hash: string }>> = {
  '06082a8648ce3d040302': { keyType: 'ec', hash: 'sha256' },
  '06082a8648ce3d040303': { keyType: 'ec', hash: 'sha384' },
  '06082a8648ce3d040304': { keyType: 'ec', hash: 'sha512' },
  '06092a864886f70d01010b0500': { keyType: 'rsa', hash: 'sha256' },
  '06092a864886f70d01010c0500': { keyType: 'rsa', hash: 'sha384' },
  '06092a864886f70d01010d0500': { keyType: 'rsa', hash: 'sha512' },
};
const leastRsaBits = 2048;

const isA = (element: DerElement, identifier: string): boolean =>
  element.tag === objectIdentifier && element.body.toString('hex') === identifier;

function readKey(info: DerElement): KeyObject {
  let key: KeyObject;
  try {
    key = createPublicKey({ key: info.whole, format: 'der', type: 'spki' });
  } catch {
    throw new Error('has a public key that cannot be read');
  }
  const { namedCurve, modulusLength = 0 } = key.asymmetricKeyDetails ?? {};
  const isStrong =
    key.asymmetricKeyType === 'ec'
      ? namedCurve === 'prime256v1'
      : key.asymmetricKeyType === 'rsa' && modulusLength >= leastRsaBits;
  if (!isStrong) throw new Error('has a key that is neither EC P-256 nor RSA of 2048 bits or more');
  return key;
}

function requireSignature(
  signed: DerElement,
  algorithm: DerElement,
  signature: DerElement,
  key: KeyObject,
): void {
  const known = signatureAlgorithms[algorithm.body.toString('hex')];
  if (known?.keyType !== key.asymmetricKeyType || known?.hash === undefined)
    throw new Error('is signed with an algorithm that is not accepted');
  const bytes = signature.body.subarray(1);
  if (signature.body[0] !== 0 || !verify(known.hash, signed.whole, key, bytes))
    throw new Error('is not signed by its own key');
}

/** The common name, when the subject has one; it may have nothing else. */
function readCommonName(subject: DerElement): string | undefined {
  const names = readDer(subject.body);
  if (names.length === 0) return undefined;
  const [name] = readFields(subject.body, [set]);
  const [pair] = readFields(name.body, [sequence]);
  const [identifier, value] = readDer(pair.body);
  const isText = value?.tag === derTags.utf8String || value?.tag === derTags.printableString;
  if (!identifier || !isA(identifier, identifiers.commonName) || !isText)
    throw new Error('has a subject that is more than a common name');
  return value.body.toString('latin1');
}

/** DNS names of the one extension that a request may carry. */
function readHostNames(attributes: DerElement): string[] {
  const [attribute] = readFields(attributes.body, [sequence]);
  const [kind, values] = readFields(attribute.body, [objectIdentifier, set]);
  if (!isA(kind, identifiers.extensionRequest)) throw new Error('has an attribute that is not expected');
  const [extensions] = readFields(values.body, [sequence]);
  const [extension] = readFields(extensions.body, [sequence]);
  const fields = readDer(extension.body);
  const [identifier] = fields;
  const value = fields.at(-1);
  if (!identifier || !isA(identifier, identifiers.subjectAlternativeName) || value?.tag !== octetString)
    throw new Error('has an extension beside the alternative names');
  const [names] = readFields(value.body, [sequence]);
  return readDer(names.body).map(({ tag, body }) => {
    if (tag !== context2) throw new Error('has an alternative name that is no DNS name');
    return body.toString('latin1').toLowerCase();
  });
}

/**
 * Checks a PKCS#10 request (RFC 2986): signed by its own key, EC P-256 or RSA of 2048 bits and more, and for exactly
 * these host names and nothing else. Throws an error with a sentence about the request, without a subject.
 */
export function checkCertificateRequest(der: Buffer, hostNames: readonly string[]): void {
  const [request] = readFields(der, [sequence]);
  const [info, algorithm, signature] = readFields(request.body, [sequence, sequence, bitString]);
  const fields = readFields(info.body, [integer, sequence, sequence, context0]);
  const [version, subject, keyInfo, attributes] = fields;
  if (version.body.toString('hex') !== '00') throw new Error('is of another version');
  requireSignature(info, algorithm, signature, readKey(keyInfo));
  const named = readHostNames(attributes);
  if (named.toSorted().join() !== hostNames.toSorted().join())
    throw new Error(`is not for exactly ${hostNames.join(' and ')}`);
  const commonName = readCommonName(subject);
  if (commonName !== undefined && !hostNames.includes(commonName))
    throw new Error('has a common name of another machine');
}

import { Buffer } from 'node:buffer';
import { createPublicKey } from 'node:crypto';
import { Pkcs10CertificateRequest, SubjectAlternativeNameExtension } from '@peculiar/x509';
import { calculateJwkThumbprint, exportJWK } from 'jose';
import { Problem } from './problem.ts';

const curves = ['prime256v1', 'secp384r1'];
const rsaBits = [2048, 3072, 4096];

function parse(der: Uint8Array): Pkcs10CertificateRequest {
  try {
    return new Pkcs10CertificateRequest(der);
  } catch {
    throw new Problem('badCSR', 'the request is not PKCS#10 in DER');
  }
}

function requireKey(request: Pkcs10CertificateRequest): ReturnType<typeof createPublicKey> {
  try {
    const key = createPublicKey({ key: Buffer.from(request.publicKey.rawData), format: 'der', type: 'spki' });
    const { namedCurve, modulusLength } = key.asymmetricKeyDetails ?? {};
    if (key.asymmetricKeyType === 'ec' && curves.includes(namedCurve ?? '')) return key;
    if (key.asymmetricKeyType === 'rsa' && rsaBits.includes(modulusLength ?? 0)) return key;
  } catch {
    // An unknown kind of key is refused like a known one that is not taken.
  }
  throw new Problem('badCSR', 'the key must be EC P-256, EC P-384 or RSA of 2048, 3072 or 4096 bits');
}

function namesIn(request: Pkcs10CertificateRequest): string[] {
  const alternatives = request.extensions.flatMap((extension) =>
    extension instanceof SubjectAlternativeNameExtension ? extension.names.items : [],
  );
  const foreign = alternatives.find(({ type }) => type !== 'dns');
  if (foreign) throw new Problem('badCSR', `the request asks for a ${foreign.type} name`);
  const common = request.subjectName.getField('CN');
  const names = [...alternatives.map(({ value }) => value), ...common].map((name) => name.toLowerCase());
  return [...new Set(names)];
}

/**
 * Refuses with badCSR what must not be signed (RFC 8555 section 7.4): not PKCS#10, a key of another kind or the
 * account's own, a signature that is not by that key, names other than the order's. Other wishes are ignored.
 */
export async function requireSigningRequest(
  der: Uint8Array,
  names: readonly string[],
  accountThumbprint: string,
): Promise<Pkcs10CertificateRequest> {
  const request = parse(der);
  const key = requireKey(request);
  const isSigned = await request.verify().catch(() => false);
  if (!isSigned) throw new Problem('badCSR', 'the signature of the request is not by its own key');
  if ((await calculateJwkThumbprint(await exportJWK(key))) === accountThumbprint) {
    throw new Problem('badCSR', 'the request uses the key of the account');
  }
  const asked = namesIn(request);
  if (asked.length !== names.length || !names.every((name) => asked.includes(name))) {
    const found = asked.join(', ') || 'nothing';
    throw new Problem('badCSR', `the request names ${found}; the order ${names.join(', ')}`);
  }
  return request;
}

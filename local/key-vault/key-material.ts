import {
  createPrivateKey,
  createPublicKey,
  generateKeyPair,
  type JsonWebKey,
  type KeyObject,
} from 'node:crypto';
import { promisify } from 'node:util';
import { badParameter } from './vault-error.ts';

const generate = promisify(generateKeyPair);

export type KeyParameters = { kty: 'RSA'; keySize: number } | { kty: 'EC'; curve: string };

/** Makes a private key and answers it as PKCS#8 PEM. */
export async function createKeyMaterial(parameters: KeyParameters): Promise<string> {
  const { privateKey } =
    parameters.kty === 'RSA'
      ? await generate('rsa', { modulusLength: parameters.keySize })
      : await generate('ec', { namedCurve: parameters.curve });
  return pkcs8(privateKey);
}

export const pkcs8 = (key: KeyObject) => key.export({ type: 'pkcs8', format: 'pem' }).toString();

/** The public half as the service shows it: members of a JWK, without private ones. */
export function publicJwk(privateKeyPem: string): JsonWebKey {
  const { kty, n, e, crv, x, y } = createPublicKey(privateKeyPem).export({ format: 'jwk' });
  return kty === 'EC' ? ({ kty, crv, x, y } as JsonWebKey) : ({ kty, n, e } as JsonWebKey);
}

/** What kind of key this is, so that one like it can be made. */
export function parametersOf(privateKeyPem: string): KeyParameters {
  const key = createPrivateKey(privateKeyPem);
  const { kty, crv } = key.export({ format: 'jwk' });
  return kty === 'EC'
    ? { kty, curve: crv ?? '' }
    : { kty: 'RSA', keySize: key.asymmetricKeyDetails?.modulusLength ?? 0 };
}

/** SubjectPublicKeyInfo, DER: equal for equal keys. */
export const publicKeyDer = (key: KeyObject) => key.export({ type: 'spki', format: 'der' });

/** The private key of a JWK with its private members (RFC 7518 section 6), as PKCS#8 PEM; 400 when it is none. */
export function privateKeyOfJwk(jwk: Readonly<Record<string, unknown>>): string {
  try {
    return pkcs8(createPrivateKey({ key: jwk as JsonWebKey, format: 'jwk' }));
  } catch {
    throw badParameter('The property key is not a private key of type RSA or EC.');
  }
}

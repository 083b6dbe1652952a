import { createPrivateKey, generateKeyPairSync, webcrypto } from 'node:crypto';
import { AppError } from '#shared/domain/error.ts';

/** RFC 5280 appendix A.1, ub-common-name. */
const longestCommonName = 64;
const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const hostNamePattern = /^(?:\*\.)?(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}$/;

/** Base name first. Throws `invalid_request` for what is no list of DNS names. */
export function requireHostNames(hostNames: readonly string[]): void {
  const isNamed = hostNames.length > 0 && hostNames.length <= 10;
  if (!isNamed || !hostNames.every((name) => name.length <= 253 && hostNamePattern.test(name)))
    throw new AppError('invalid_request', 'the host names of the certificate request are no DNS names');
}

export function newPrivateKeyPem(): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
}

/** PKCS#10 (RFC 2986) for exactly these DNS names, DER in base64. The library is loaded by the first one only. */
export async function signCertificateRequest(
  privateKeyPem: string,
  hostNames: readonly string[],
): Promise<string> {
  requireHostNames(hostNames);
  await import('reflect-metadata');
  const { Pkcs10CertificateRequestGenerator, SubjectAlternativeNameExtension } = await import(
    '@peculiar/x509'
  );
  const key = createPrivateKey(privateKeyPem);
  const { x = '', y = '' } = key.export({ format: 'jwk' });
  const pkcs8 = key.export({ format: 'der', type: 'pkcs8' });
  const publicJwk = { kty: 'EC', crv: 'P-256', x, y };
  const keys = {
    privateKey: await webcrypto.subtle.importKey('pkcs8', pkcs8, algorithm, false, ['sign']),
    publicKey: await webcrypto.subtle.importKey('jwk', publicJwk, algorithm, true, ['verify']),
  };
  const commonName = hostNames.find((name) => !name.startsWith('*.') && name.length <= longestCommonName);
  const request = await Pkcs10CertificateRequestGenerator.create(
    {
      ...(commonName !== undefined && { name: [{ CN: [commonName] }] }),
      keys,
      signingAlgorithm: algorithm,
      extensions: [new SubjectAlternativeNameExtension(hostNames.map((value) => ({ type: 'dns', value })))],
    },
    webcrypto,
  );
  return Buffer.from(request.rawData).toString('base64');
}

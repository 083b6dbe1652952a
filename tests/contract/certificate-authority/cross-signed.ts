import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import { type Authority, createIntermediate, createLocalRoot } from '#local/kit/local-authority.ts';

x509.cryptoProvider.set(webcrypto);
const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const yearMs = 365 * 24 * 60 * 60 * 1000;

/** An issuer below one root, and the certificate of the same key below another. All PEM. */
export async function createCrossSigned(): Promise<{
  issuer: Authority;
  root: string;
  alternate: string;
  otherRoot: string;
}> {
  const now = Date.now();
  const root = await createLocalRoot(now);
  // Local roots have one name; what stands for the other root needs its own.
  const otherRoot = await createIntermediate(await createLocalRoot(now), 'Other test root', now);
  const issuer = await createIntermediate(root, 'Local test intermediate', now);
  const certificate = new x509.X509Certificate(issuer.cert);
  const [der = new ArrayBuffer()] = x509.PemConverter.decode(otherRoot.key);
  const cross = await x509.X509CertificateGenerator.create({
    serialNumber: '01',
    subject: certificate.subject,
    issuer: new x509.X509Certificate(otherRoot.cert).subject,
    notBefore: new Date(now - yearMs),
    notAfter: new Date(now + yearMs),
    signingAlgorithm: algorithm,
    publicKey: certificate.publicKey,
    signingKey: await webcrypto.subtle.importKey('pkcs8', der, algorithm, false, ['sign']),
    extensions: [new x509.BasicConstraintsExtension(true, 0, true)],
  });
  return { issuer, root: root.cert, alternate: cross.toString('pem'), otherRoot: otherRoot.cert };
}

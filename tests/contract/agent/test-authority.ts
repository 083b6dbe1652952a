import 'reflect-metadata';
import { randomBytes, webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import { createLocalRoot, issueServerIdentity } from '#local/kit/local-authority.ts';

export const machineName = 'a'.repeat(26);
export const zone = 'wac.localhost';

const root = await createLocalRoot(Date.now());
const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const subjectAlternativeName = '2.5.29.17';

export const rootCertificate = root.cert;

/** A certificate for the machine's names with its key, as a vault holds it. */
export async function issueCertificate(name = machineName) {
  const base = `${name}.${zone}`;
  const identity = await issueServerIdentity(root, [base, `*.${base}`], Date.now());
  return { privateKeyPem: identity.key, chainPem: identity.cert };
}

/** A chain for the key and the names of a PKCS#10 request, base64. Refuses one that is not signed by its own key. */
export async function issueForRequest(text: string): Promise<string> {
  const request = new x509.Pkcs10CertificateRequest(Buffer.from(text, 'base64'));
  const names = request.getExtension(subjectAlternativeName);
  if (!names || !(await request.verify())) throw new Error('the request is not valid');
  const [der] = x509.PemConverter.decode(root.key);
  if (!der) throw new Error('the root has no key');
  const leaf = await x509.X509CertificateGenerator.create({
    serialNumber: `00${randomBytes(15).toString('hex')}`,
    subject: request.subject,
    issuer: new x509.X509Certificate(root.cert).subject,
    notBefore: new Date(Date.now() - 60_000),
    notAfter: new Date(Date.now() + 6 * 24 * 60 * 60_000),
    signingAlgorithm: algorithm,
    publicKey: request.publicKey,
    signingKey: await webcrypto.subtle.importKey('pkcs8', der, algorithm, false, ['sign']),
    extensions: [names],
  });
  return `${leaf.toString('pem')}\n${root.cert}\n`;
}

import 'reflect-metadata';
import { randomBytes, webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';

x509.cryptoProvider.set(webcrypto);

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const serialNumber = () => `00${randomBytes(15).toString('hex')}`;

export interface IssuingAuthority {
  certificate: Buffer;
  /** Signs what a PKCS#10 request asks for; DER in, DER out. */
  sign(request: Uint8Array): Promise<Buffer>;
}

/** A certificate authority of one test: signs requests without asking anything. */
export async function createIssuingAuthority(name: string, now = Date.now()): Promise<IssuingAuthority> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const notBefore = new Date(now - 60_000);
  const root = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: `CN=${name}`,
    notBefore,
    notAfter: new Date(now + 365 * 86_400_000),
    signingAlgorithm: algorithm,
    keys,
    extensions: [new x509.BasicConstraintsExtension(true, 0, true)],
  });
  return {
    certificate: Buffer.from(root.rawData),
    async sign(request) {
      const csr = new x509.Pkcs10CertificateRequest(Buffer.from(request));
      if (!(await csr.verify())) throw new Error('the request is not signed with its own key');
      const leaf = await x509.X509CertificateGenerator.create({
        serialNumber: serialNumber(),
        subject: csr.subject,
        issuer: root.subject,
        notBefore,
        notAfter: new Date(now + 6 * 86_400_000),
        signingAlgorithm: algorithm,
        publicKey: csr.publicKey,
        signingKey: keys.privateKey,
        extensions: csr.extensions,
      });
      return Buffer.from(leaf.rawData);
    },
  };
}

/** What a PKCS#10 request says. */
export async function readRequest(request: Uint8Array) {
  const csr = new x509.Pkcs10CertificateRequest(Buffer.from(request));
  const names = csr.extensions.find((one) => one instanceof x509.SubjectAlternativeNameExtension);
  return {
    isSelfSigned: await csr.verify(),
    subject: csr.subject,
    names: names?.names.items.map(({ value }) => value),
  };
}

/** A request whose key no vault has; DER. */
export async function createRequestOutside(hostNames: readonly string[]): Promise<Uint8Array> {
  const names = hostNames.map((value) => ({ type: 'dns' as const, value }));
  const request = await x509.Pkcs10CertificateRequestGenerator.create({
    name: '',
    keys: await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']),
    signingAlgorithm: algorithm,
    extensions: [new x509.SubjectAlternativeNameExtension(names)],
  });
  return new Uint8Array(request.rawData);
}

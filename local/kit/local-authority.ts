import 'reflect-metadata';
import { randomBytes, webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import type { TlsIdentity } from './stand-in.ts';

x509.cryptoProvider.set(webcrypto);

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const dayMs = 24 * 60 * 60 * 1000;
/** Browsers refuse leaves of more than 398 days. */
const serverLifetimeMs = 397 * dayMs;

/** A certificate authority as PEM: what is kept in the data folder and loaded again. */
export type Authority = TlsIdentity;

async function newKeys() {
  return webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
}

async function keyPem(key: webcrypto.CryptoKey): Promise<string> {
  return x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY');
}

async function importKey(pem: string): Promise<webcrypto.CryptoKey> {
  const [der] = x509.PemConverter.decode(pem);
  if (!der) throw new Error('no private key in the PEM text');
  return webcrypto.subtle.importKey('pkcs8', der, algorithm, true, ['sign']);
}

const serial = () => `00${randomBytes(15).toString('hex')}`;

/**
 * Makes the local root: critical name constraints (RFC 5280 section 4.2.1.10) permit `localhost`, names below
 * it and 127.0.0.0/8, so that a person who trusts it risks nothing beyond this machine.
 */
export async function createLocalRoot(now: number): Promise<Authority> {
  const keys = await newKeys();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serial(),
    name: 'CN=Admin Center local root',
    notBefore: new Date(now - dayMs),
    notAfter: new Date(now + 10 * 365 * dayMs),
    signingAlgorithm: algorithm,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 1, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      new x509.Extension('2.5.29.30', true, nameConstraints()),
    ],
  });
  return { key: await keyPem(keys.privateKey), cert: certificate.toString('pem') };
}

/** DER of NameConstraints { permittedSubtrees { dNSName localhost, iPAddress 127.0.0.0/8 } }. */
function nameConstraints(): Buffer {
  const tlv = (tag: number, ...parts: Buffer[]) => {
    const body = Buffer.concat(parts);
    return Buffer.concat([Buffer.from([tag, body.length]), body]);
  };
  const dnsName = tlv(0x30, tlv(0x82, Buffer.from('localhost')));
  const loopback = tlv(0x30, tlv(0x87, Buffer.from([127, 0, 0, 0, 255, 0, 0, 0])));
  return tlv(0x30, tlv(0xa0, dnsName, loopback));
}

/** An intermediate below the root; `cert` is its certificate alone. */
export async function createIntermediate(root: Authority, name: string, now: number): Promise<Authority> {
  const keys = await newKeys();
  const issuer = new x509.X509Certificate(root.cert);
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serial(),
    subject: `CN=${name}`,
    issuer: issuer.subject,
    notBefore: new Date(now - dayMs),
    notAfter: new Date(now + 5 * 365 * dayMs),
    signingAlgorithm: algorithm,
    publicKey: keys.publicKey,
    signingKey: await importKey(root.key),
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      await x509.AuthorityKeyIdentifierExtension.create(issuer),
    ],
  });
  return { key: await keyPem(keys.privateKey), cert: certificate.toString('pem') };
}

/** A server certificate of the root for these DNS names and for 127.0.0.1; `cert` is leaf and root. */
export async function issueServerIdentity(
  root: Authority,
  names: readonly string[],
  now: number,
): Promise<TlsIdentity> {
  const keys = await newKeys();
  const issuer = new x509.X509Certificate(root.cert);
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serial(),
    subject: `CN=${names[0]}`,
    issuer: issuer.subject,
    notBefore: new Date(now - dayMs),
    notAfter: new Date(now + serverLifetimeMs),
    signingAlgorithm: algorithm,
    publicKey: keys.publicKey,
    signingKey: await importKey(root.key),
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension(['1.3.6.1.5.5.7.3.1']),
      new x509.SubjectAlternativeNameExtension([
        ...names.map((value) => ({ type: 'dns' as const, value })),
        { type: 'ip' as const, value: '127.0.0.1' },
      ]),
      await x509.AuthorityKeyIdentifierExtension.create(issuer),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return {
    key: await keyPem(keys.privateKey),
    cert: `${certificate.toString('pem')}\n${root.cert}\n`,
  };
}

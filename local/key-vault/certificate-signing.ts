import 'reflect-metadata';
import { createPrivateKey, createPublicKey, randomBytes, webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import type { CertificatePolicy, SubjectNameKind } from './certificate-policy.ts';
import { badParameter } from './vault-error.ts';

x509.cryptoProvider.set(webcrypto);

const nameTypes: Readonly<Record<SubjectNameKind, x509.GeneralNameType>> = {
  emails: 'email',
  dns_names: 'dns',
  upns: 'upn',
  uris: 'url',
  ipAddresses: 'ip',
};

const usageFlags: ReadonlyMap<string, x509.KeyUsageFlags> = new Map([
  ['digitalSignature', x509.KeyUsageFlags.digitalSignature],
  ['nonRepudiation', x509.KeyUsageFlags.nonRepudiation],
  ['keyEncipherment', x509.KeyUsageFlags.keyEncipherment],
  ['dataEncipherment', x509.KeyUsageFlags.dataEncipherment],
  ['keyAgreement', x509.KeyUsageFlags.keyAgreement],
  ['keyCertSign', x509.KeyUsageFlags.keyCertSign],
  ['cRLSign', x509.KeyUsageFlags.cRLSign],
  ['encipherOnly', x509.KeyUsageFlags.encipherOnly],
  ['decipherOnly', x509.KeyUsageFlags.decipherOnly],
]);

const curveHashes: Readonly<Record<string, string>> = {
  'P-256': 'SHA-256',
  'P-384': 'SHA-384',
  'P-521': 'SHA-512',
};

function algorithmOf({ kty, crv = 'P-256' }: CertificatePolicy['key_props']) {
  return kty === 'EC'
    ? { name: 'ECDSA', namedCurve: crv, hash: curveHashes[crv] ?? 'SHA-256' }
    : { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' };
}

function extensionsOf({ x509_props }: CertificatePolicy): x509.Extension[] {
  const usage = x509_props.key_usage.reduce((flags, name) => {
    const flag = usageFlags.get(name);
    if (flag === undefined) throw badParameter(`policy.x509_props.key_usage ${name} is not known`);
    return flags | flag;
  }, 0);
  const names = Object.entries(x509_props.sans).flatMap(([kind, values]) =>
    values.map((value) => ({ type: nameTypes[kind as SubjectNameKind], value })),
  );
  return [
    new x509.BasicConstraintsExtension(false, undefined, true),
    ...(usage ? [new x509.KeyUsagesExtension(usage, true)] : []),
    ...(x509_props.ekus.length ? [new x509.ExtendedKeyUsageExtension([...x509_props.ekus])] : []),
    ...(names.length ? [new x509.SubjectAlternativeNameExtension(names)] : []),
  ];
}

/** Runs what turns the caller's words into ASN.1; a name or address that does not fit is the caller's fault. */
function encode<T>(build: () => T): T {
  try {
    return build();
  } catch (error) {
    throw badParameter(`policy.x509_props: ${(error as Error).message}`);
  }
}

function materials(policy: CertificatePolicy, privateKeyPem: string) {
  const signingAlgorithm = algorithmOf(policy.key_props);
  const keys = {
    privateKey: createPrivateKey(privateKeyPem).toCryptoKey(signingAlgorithm, false, ['sign']),
    publicKey: createPublicKey(privateKeyPem).toCryptoKey(signingAlgorithm, true, ['verify']),
  };
  const name = encode(() => new x509.Name(policy.x509_props.subject)).toString();
  return { signingAlgorithm, keys, name, extensions: encode(() => extensionsOf(policy)) };
}

/** The certification request of a policy (PKCS#10, RFC 2986) as DER, signed with its own key. */
export async function createRequest(policy: CertificatePolicy, privateKeyPem: string): Promise<Buffer> {
  const request = await x509.Pkcs10CertificateRequestGenerator.create(materials(policy, privateKeyPem));
  return Buffer.from(request.rawData);
}

/** A self-signed certificate of a policy as DER; it begins ten minutes back, as the service's do. */
export async function createSelfSigned(
  policy: CertificatePolicy,
  privateKeyPem: string,
  nowMs: number,
): Promise<Buffer> {
  const notAfter = new Date(nowMs);
  notAfter.setUTCMonth(notAfter.getUTCMonth() + policy.x509_props.validity_months);
  const material = materials(policy, privateKeyPem);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    ...material,
    serialNumber: `00${randomBytes(15).toString('hex')}`,
    notBefore: new Date(nowMs - 10 * 60 * 1000),
    notAfter,
    extensions: [
      ...material.extensions,
      await x509.SubjectKeyIdentifierExtension.create(material.keys.publicKey),
    ],
  });
  return Buffer.from(certificate.rawData);
}

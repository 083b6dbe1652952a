import 'reflect-metadata';
import { createPrivateKey, createPublicKey, randomBytes, webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import type { TlsIdentity } from '#local/kit/stand-in.ts';
import type { CertificatePolicy, SubjectNameKind } from './certificate-policy.ts';
import { parametersOf } from './key-material.ts';
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

function algorithmOf({ kty, crv = 'P-256' }: Pick<CertificatePolicy['key_props'], 'kty' | 'crv'>) {
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

/** Ten minutes back, as the service's are, and as long as the policy says. */
function validityOf({ x509_props }: CertificatePolicy, nowMs: number) {
  const notAfter = new Date(nowMs);
  notAfter.setUTCMonth(notAfter.getUTCMonth() + x509_props.validity_months);
  return { notBefore: new Date(nowMs - 10 * 60 * 1000), notAfter };
}

const serialNumber = () => `00${randomBytes(15).toString('hex')}`;

/** A self-signed certificate of a policy as DER. */
export async function createSelfSigned(
  policy: CertificatePolicy,
  privateKeyPem: string,
  nowMs: number,
): Promise<Buffer> {
  const material = materials(policy, privateKeyPem);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    ...material,
    serialNumber: serialNumber(),
    ...validityOf(policy, nowMs),
    extensions: [
      ...material.extensions,
      await x509.SubjectKeyIdentifierExtension.create(material.keys.publicKey),
    ],
  });
  return Buffer.from(certificate.rawData);
}

/** A certificate of a policy by an authority, and the authority's own certificates after it; DER. */
export async function createIssued(input: {
  policy: CertificatePolicy;
  privateKeyPem: string;
  authority: TlsIdentity;
  nowMs: number;
}): Promise<Buffer[]> {
  const { policy, privateKeyPem, authority, nowMs } = input;
  const { keys, name, extensions } = materials(policy, privateKeyPem);
  const issuers = x509.PemConverter.decode(authority.cert).map((der) => new x509.X509Certificate(der));
  const [issuer] = issuers;
  if (!issuer) throw new Error('the issuing authority has no certificate');
  const parameters = parametersOf(authority.key);
  const signingAlgorithm = algorithmOf(
    parameters.kty === 'EC' ? { kty: 'EC', crv: parameters.curve } : { kty: 'RSA' },
  );
  const leaf = await x509.X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: name,
    issuer: issuer.subject,
    ...validityOf(policy, nowMs),
    publicKey: keys.publicKey,
    signingKey: createPrivateKey(authority.key).toCryptoKey(signingAlgorithm, false, ['sign']),
    signingAlgorithm,
    extensions: [
      ...extensions,
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      await x509.AuthorityKeyIdentifierExtension.create(issuer),
    ],
  });
  return [leaf, ...issuers].map(({ rawData }) => Buffer.from(rawData));
}

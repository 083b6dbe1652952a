import 'reflect-metadata';
import { Buffer } from 'node:buffer';
import { createPublicKey, randomBytes, webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import { calculateJwkThumbprint, exportJWK } from 'jose';
import { inTransaction } from '#local/kit/store.ts';
import { type Authority, newId } from './authority.ts';
import { fingerprintOf } from './certificates.ts';
import { findOrder, processingOrders } from './orders.ts';
import { problemUrn } from './problem.ts';

x509.cryptoProvider.set(webcrypto);

const issuerAlgorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const serverAuthentication = '1.3.6.1.5.5.7.3.1';
/** A leaf is valid an hour before it is made, for clocks that are behind. */
const backdatedMs = 60 * 60 * 1000;
const longestCommonName = 64;

interface IssuerMaterial {
  certificate: x509.X509Certificate;
  key: webcrypto.CryptoKey;
}

const materials = new WeakMap<Authority['issuer'], Promise<IssuerMaterial>>();

async function importIssuer({ cert, key: pem }: Authority['issuer']): Promise<IssuerMaterial> {
  const [der] = x509.PemConverter.decode(pem);
  if (!der) throw new Error('the issuer has no private key');
  const key = await webcrypto.subtle.importKey('pkcs8', der, issuerAlgorithm, false, ['sign']);
  return { certificate: new x509.X509Certificate(cert), key };
}

/** Certificate and key of the issuer, read once. */
function materialOf(issuer: Authority['issuer']): Promise<IssuerMaterial> {
  const known = materials.get(issuer) ?? importIssuer(issuer);
  materials.set(issuer, known);
  return known;
}

/** RFC 9773 section 4.1: key identifier of the issuer and serial number, each as in the DER. */
function renewalIdOf(leaf: x509.X509Certificate): string {
  const issuer = leaf.getExtension(x509.AuthorityKeyIdentifierExtension)?.keyId ?? '';
  const serial = leaf.serialNumber.length % 2 === 0 ? leaf.serialNumber : `0${leaf.serialNumber}`;
  const signed = Number.parseInt(serial.slice(0, 2), 16) >= 0x80 ? `00${serial}` : serial;
  return [issuer, signed].map((hex) => Buffer.from(hex, 'hex').toString('base64url')).join('.');
}

async function sign(
  authority: Authority,
  names: readonly string[],
  publicKey: x509.PublicKey,
  lifetimeMs: number,
): Promise<x509.X509Certificate> {
  const { certificate: issuer, key: signingKey } = await materialOf(authority.issuer);
  // X.509 times have whole seconds.
  const notBefore = Math.floor((authority.clock.now() - backdatedMs) / 1000) * 1000;
  const isRsa = publicKey.algorithm.name.startsWith('RSA');
  const [first = ''] = names;
  return x509.X509CertificateGenerator.create({
    serialNumber: randomBytes(16).toString('hex'),
    ...(first.length <= longestCommonName && { subject: [{ CN: [first] }] }),
    issuer: issuer.subjectName,
    notBefore: new Date(notBefore),
    notAfter: new Date(notBefore + lifetimeMs),
    signingAlgorithm: issuerAlgorithm,
    publicKey,
    signingKey,
    extensions: [
      new x509.KeyUsagesExtension(
        x509.KeyUsageFlags.digitalSignature | (isRsa ? x509.KeyUsageFlags.keyEncipherment : 0),
        true,
      ),
      new x509.ExtendedKeyUsageExtension([serverAuthentication]),
      new x509.BasicConstraintsExtension(false, undefined, true),
      await x509.SubjectKeyIdentifierExtension.create(publicKey),
      await x509.AuthorityKeyIdentifierExtension.create(issuer),
      new x509.SubjectAlternativeNameExtension(
        names.map((value) => ({ type: 'dns' as const, value })),
        first.length > longestCommonName,
      ),
    ],
  });
}

async function issue(authority: Authority, orderId: string): Promise<void> {
  const order = findOrder(authority, orderId);
  const profile = order && authority.profiles[order.profile];
  if (order?.status !== 'processing' || !order.request) return;
  if (!profile) {
    const problem = { type: problemUrn('invalidProfile'), detail: `${order.profile} is gone`, status: 400 };
    authority.store
      .prepare(`UPDATE acme_orders SET status = 'invalid', problem = ? WHERE id = ?`)
      .run(JSON.stringify(problem), orderId);
    return;
  }
  const { publicKey } = new x509.Pkcs10CertificateRequest(order.request);
  const leaf = await sign(authority, order.names, publicKey, profile.lifetimeMs);
  const spki = createPublicKey({ key: Buffer.from(publicKey.rawData), format: 'der', type: 'spki' });
  const keyThumbprint = await calculateJwkThumbprint(await exportJWK(spki));
  const id = newId();
  inTransaction(authority.store, () => {
    const changed = authority.store
      .prepare(
        `UPDATE acme_orders SET status = 'valid', certificate = ? WHERE id = ? AND status = 'processing'`,
      )
      .run(id, orderId);
    if (changed.changes === 0) return;
    authority.store
      .prepare(
        `INSERT INTO acme_certificates (id, fingerprint, renewal_id, account, names, chain, key_thumbprint, not_before, not_after)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      )
      .run(
        id,
        fingerprintOf(new Uint8Array(leaf.rawData)),
        renewalIdOf(leaf),
        order.account,
        JSON.stringify(order.names),
        `${leaf.toString('pem').trim()}\n${authority.issuer.cert.trim()}\n`,
        keyThumbprint,
        leaf.notBefore.getTime(),
        leaf.notAfter.getTime(),
      );
  });
}

/** Resolves when the order is issued. */
export function issueLater(authority: Authority, orderId: string, atMs: number): Promise<void> {
  return authority.work.schedule(atMs, () => issue(authority, orderId));
}

export function resumeIssuances(authority: Authority): void {
  for (const { id, issueAt } of processingOrders(authority)) void issueLater(authority, id, issueAt);
}

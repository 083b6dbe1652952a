import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { HttpReply } from '#local/kit/http-server.ts';
import { type Account, requireAccount } from './accounts.ts';
import type { Authority } from './authority.ts';
import { isAuthorizedFor } from './authorizations.ts';
import { Problem, retryAfter } from './problem.ts';
import { parsePayload, type SignedRequest } from './signed-request.ts';

/** RFC 5280 section 5.3.1, those that a subscriber may give (CA/Browser Forum requirements 7.2.2). */
const revocationReasons = [0, 1, 3, 4, 5, 9];
const hourMs = 60 * 60 * 1000;
/** RFC 9773 section 4.3: the same pace as Let's Encrypt. */
const renewalInfoPaceMs = 6 * hourMs;

interface CertificateRow {
  id: string;
  account: string;
  names: string;
  chain: string;
  key_thumbprint: string;
  not_before: number;
  not_after: number;
  revoked_at: number | null;
}

function find(
  authority: Authority,
  column: 'id' | 'fingerprint' | 'renewal_id',
  value: string,
): CertificateRow | undefined {
  return authority.store.prepare(`SELECT * FROM acme_certificates WHERE ${column} = ?`).get(value) as
    | CertificateRow
    | undefined;
}

export const fingerprintOf = (der: Uint8Array): string => createHash('sha256').update(der).digest('hex');

/** RFC 8555 section 7.4.2: the chain, leaf first, without the root. */
export function downloadCertificate(authority: Authority, account: Account, id: string): HttpReply {
  const certificate = find(authority, 'id', id);
  if (!certificate) throw new Problem('malformed', 'there is no such certificate', { status: 404 });
  if (certificate.account !== account.id) {
    throw new Problem('unauthorized', 'the certificate belongs to another account');
  }
  return {
    status: 200,
    headers: { 'content-type': 'application/pem-certificate-chain' },
    body: certificate.chain,
  };
}

const revocationShape = z.object({ certificate: z.base64url(), reason: z.number().int().optional() });

function mayRevoke(
  authority: Authority,
  origin: string,
  request: SignedRequest,
  certificate: CertificateRow,
): boolean {
  if (request.namedBy === 'jwk') return request.thumbprint === certificate.key_thumbprint;
  const account = requireAccount(authority, origin, request.kid ?? '');
  const names = JSON.parse(certificate.names) as string[];
  return (
    account.id === certificate.account || names.every((name) => isAuthorizedFor(authority, account, name))
  );
}

/** RFC 8555 section 7.6: by the account that ordered it, one that proved all its names, or its own key. */
export function revokeCertificate(authority: Authority, origin: string, request: SignedRequest): HttpReply {
  const { certificate: encoded, reason = 0 } = parsePayload(revocationShape, request.payload);
  const certificate = find(authority, 'fingerprint', fingerprintOf(Buffer.from(encoded, 'base64url')));
  if (!certificate)
    throw new Problem('malformed', 'this authority did not issue that certificate', { status: 404 });
  if (!mayRevoke(authority, origin, request, certificate)) {
    throw new Problem('unauthorized', 'neither the account nor the key of the certificate asks');
  }
  if (certificate.revoked_at !== null)
    throw new Problem('alreadyRevoked', 'the certificate is revoked already');
  if (!revocationReasons.includes(reason)) {
    throw new Problem(
      'badRevocationReason',
      `reason ${reason}; accepted are ${revocationReasons.join(', ')}`,
    );
  }
  authority.store
    .prepare('UPDATE acme_certificates SET revoked_at = ?, reason = ? WHERE id = ?')
    .run(authority.clock.now(), reason, certificate.id);
  return { status: 200, body: '' };
}

/** RFC 9773 section 4.2: two days of ninety, from two thirds of the lifetime; at once when it is revoked. */
export function renewalInfo(authority: Authority, renewalId: string): HttpReply {
  const certificate = find(authority, 'renewal_id', renewalId);
  if (!certificate) throw new Problem('malformed', 'no certificate has this identifier', { status: 404 });
  const lifetimeMs = certificate.not_after - certificate.not_before;
  const isRevoked = certificate.revoked_at !== null;
  const start = isRevoked
    ? (certificate.revoked_at ?? 0) - hourMs
    : certificate.not_before + (lifetimeMs * 2) / 3;
  const end = start + (isRevoked ? hourMs : lifetimeMs / 45);
  return {
    status: 200,
    headers: retryAfter(renewalInfoPaceMs),
    body: { suggestedWindow: { start: new Date(start).toISOString(), end: new Date(end).toISOString() } },
  };
}

/** RFC 9773 section 5: `replaces` must name a certificate of this account that no other order replaces. */
export function requireReplaceable(
  authority: Authority,
  account: Account,
  names: readonly string[],
  renewalId: string,
): void {
  const certificate = find(authority, 'renewal_id', renewalId);
  if (!certificate) {
    throw new Problem('malformed', 'replaces did not match a certificate of this authority', { status: 404 });
  }
  if (certificate.account !== account.id) {
    throw new Problem('unauthorized', 'requester account did not request the certificate being replaced');
  }
  const replaced = JSON.parse(certificate.names) as string[];
  if (!names.some((name) => replaced.includes(name))) {
    throw new Problem('malformed', 'the order shares no name with the certificate that it replaces');
  }
  const other = authority.store
    .prepare(`SELECT id FROM acme_orders WHERE replaces = ? AND status IN ('processing', 'valid')`)
    .get(renewalId);
  if (other) throw new Problem('alreadyReplaced', 'another order replaces that certificate');
}

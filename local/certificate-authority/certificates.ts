import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { HttpReply } from '#local/kit/http-server.ts';
import { type Account, requireAccount } from './accounts.ts';
import type { Authority } from './authority.ts';
import { isAuthorizedFor } from './authorizations.ts';
import { Problem } from './problem.ts';
import { parsePayload, type SignedRequest } from './signed-request.ts';
import { urls } from './urls.ts';

/** RFC 5280 section 5.3.1, those that a subscriber may give (CA/Browser Forum requirements 7.2.2). */
const revocationReasons = [0, 1, 3, 4, 5, 9];

export interface CertificateRow {
  id: string;
  account: string;
  names: string;
  chain: string;
  key_thumbprint: string;
  not_before: number;
  not_after: number;
  revoked_at: number | null;
}

export function findCertificate(
  authority: Pick<Authority, 'store'>,
  column: 'id' | 'fingerprint' | 'renewal_id',
  value: string,
): CertificateRow | undefined {
  return authority.store.prepare(`SELECT * FROM acme_certificates WHERE ${column} = ?`).get(value) as
    | CertificateRow
    | undefined;
}

export const fingerprintOf = (der: Uint8Array): string => createHash('sha256').update(der).digest('hex');

/**
 * RFC 8555 section 7.4.2: the chain, leaf first, without the root. `<id>.1` is the first alternate chain, named with
 * the others by Link headers.
 */
export function downloadCertificate(
  { alternateIssuers, ...authority }: Authority,
  origin: string,
  account: Account,
  path: string,
): HttpReply {
  const [id = '', alternate] = path.split('.');
  const certificate = findCertificate(authority, 'id', id);
  const issuer = alternate === undefined ? undefined : alternateIssuers[Number(alternate) - 1];
  if (!certificate || (alternate !== undefined && issuer === undefined)) {
    throw new Problem('malformed', 'there is no such certificate', { status: 404 });
  }
  if (certificate.account !== account.id) {
    throw new Problem('unauthorized', 'the certificate belongs to another account');
  }
  const paths = [id, ...alternateIssuers.map((_, index) => `${id}.${index + 1}`)];
  const links = paths
    .filter((other) => other !== path)
    .map((other) => `<${urls.certificate(origin, other)}>;rel="alternate"`);
  const end = '-----END CERTIFICATE-----\n';
  const [leaf = ''] = certificate.chain.split(end);
  return {
    status: 200,
    headers: {
      'content-type': 'application/pem-certificate-chain',
      ...(links.length > 0 && { link: links }),
    },
    body: issuer === undefined ? certificate.chain : `${leaf}${end}${issuer.trim()}\n`,
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
  const certificate = findCertificate(
    authority,
    'fingerprint',
    fingerprintOf(Buffer.from(encoded, 'base64url')),
  );
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

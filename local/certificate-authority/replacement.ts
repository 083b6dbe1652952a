import type { Faults } from '#local/kit/faults.ts';
import type { Account } from './accounts.ts';
import type { Authority } from './authority.ts';
import { findCertificate } from './certificates.ts';
import { Problem, type ProblemType } from './problem.ts';

/**
 * The ways in which authorities in the wild refuse a good `replaces`, each a fault of that name: Let's Encrypt after
 * a change of account, after a change of issuer, Actalis, ZeroSSL, and RFC 9773 section 7.4.
 */
const refusals: Readonly<Record<string, { type: ProblemType; status: number; detail: string }>> = {
  replacesOtherAccount: {
    type: 'unauthorized',
    status: 403,
    detail: 'requester account did not request the certificate being replaced by this order',
  },
  replacesUnknownIssuer: {
    type: 'malformed',
    status: 404,
    detail: 'could not validate ARI replaces: the path did not match a known issuer',
  },
  replacesMalformed: { type: 'malformed', status: 400, detail: 'the field replaces is not supported' },
  replacesUnauthorized: {
    type: 'unauthorized',
    status: 401,
    detail: 'the certificate to replace is not authorized',
  },
  replacesAlreadyReplaced: {
    type: 'alreadyReplaced',
    status: 409,
    detail: 'another order replaces that certificate',
  },
};

export const replacesFaults: readonly string[] = Object.keys(refusals);

/** Throws the refusal that is switched on, if one is; counts it. */
export function applyReplacesFault(faults: Faults): void {
  for (const [name, { type, status, detail }] of Object.entries(refusals)) {
    if (faults.list().has(name) && faults.take(name)) throw new Problem(type, detail, { status });
  }
}

/** RFC 9773 section 5: `replaces` must name a certificate of this account that no other order replaces. */
export function requireReplaceable(
  authority: Authority,
  account: Account,
  names: readonly string[],
  renewalId: string,
): void {
  const certificate = findCertificate(authority, 'renewal_id', renewalId);
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

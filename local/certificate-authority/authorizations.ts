import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import type { HttpReply } from '#local/kit/http-server.ts';
import type { Account } from './accounts.ts';
import { type Authority, newId } from './authority.ts';
import { Problem, type ProblemDocument, retryAfter } from './problem.ts';
import { parsePayload } from './signed-request.ts';
import { urls } from './urls.ts';
import { validateLater } from './validation.ts';

const dayMs = 24 * 60 * 60 * 1000;
const pendingLifetimeMs = 7 * dayMs;

/** One name to prove, with its single dns-01 challenge. `processing`: answered, and DNS not asked yet. */
export interface Authorization {
  id: string;
  account: string;
  /** Without the `*.` of a wildcard. */
  name: string;
  isWildcard: boolean;
  status: 'pending' | 'processing' | 'valid' | 'invalid' | 'deactivated' | 'expired';
  expiresAt: number;
  token: string;
  validateAt: number | undefined;
  validatedAt: number | undefined;
  problem: ProblemDocument | undefined;
}

interface AuthorizationRow {
  id: string;
  account: string;
  name: string;
  wildcard: number;
  status: Authorization['status'];
  expires_at: number;
  token: string;
  validate_at: number | null;
  validated_at: number | null;
  problem: string | null;
}

function authorizationOf(row: AuthorizationRow, now: number): Authorization {
  const { id, account, name, status, token } = row;
  const isOpen = status === 'pending' || status === 'processing' || status === 'valid';
  return {
    id,
    account,
    name,
    isWildcard: row.wildcard === 1,
    status: isOpen && row.expires_at <= now ? 'expired' : status,
    expiresAt: row.expires_at,
    token,
    validateAt: row.validate_at ?? undefined,
    validatedAt: row.validated_at ?? undefined,
    problem: row.problem === null ? undefined : (JSON.parse(row.problem) as ProblemDocument),
  };
}

function findAuthorization(authority: Authority, id: string): Authorization | undefined {
  const row = authority.store.prepare('SELECT * FROM acme_authorizations WHERE id = ?').get(id) as
    | AuthorizationRow
    | undefined;
  return row && authorizationOf(row, authority.clock.now());
}

export function authorizationsOfOrder(authority: Authority, orderId: string): Authorization[] {
  const rows = authority.store
    .prepare(
      `SELECT a.* FROM acme_order_authorizations o JOIN acme_authorizations a ON a.id = o.authorization_id
       WHERE o.order_id = ? ORDER BY o.position`,
    )
    .all(orderId) as unknown as AuthorizationRow[];
  return rows.map((row) => authorizationOf(row, authority.clock.now()));
}

/** True when the account proved this name, or the name above a wildcard, and the proof has not expired. */
export function isAuthorizedFor(authority: Authority, account: Account, name: string): boolean {
  return findProven(authority, account, name) !== undefined;
}

function findProven(authority: Authority, account: Account, name: string): AuthorizationRow | undefined {
  return authority.store
    .prepare(
      `SELECT * FROM acme_authorizations WHERE account = ? AND name = ? AND wildcard = ? AND status = 'valid'
       AND expires_at > ? ORDER BY expires_at DESC LIMIT 1`,
    )
    .get(account.id, name.replace(/^\*\./, ''), name.startsWith('*.') ? 1 : 0, authority.clock.now()) as
    | AuthorizationRow
    | undefined;
}

/** The authorization for a name of a new order: one that is proven already where reuse is on, else a new one. */
export function authorizationFor(authority: Authority, account: Account, name: string): string {
  const proven = authority.authorizationReuseMs > 0 ? findProven(authority, account, name) : undefined;
  if (proven) return proven.id;
  const id = newId();
  authority.store
    .prepare(
      `INSERT INTO acme_authorizations (id, account, name, wildcard, status, expires_at, token)
       VALUES (?, ?, ?, ?, 'pending', ?, ?)`,
    )
    .run(
      id,
      account.id,
      name.replace(/^\*\./, ''),
      name.startsWith('*.') ? 1 : 0,
      authority.clock.now() + pendingLifetimeMs,
      randomBytes(32).toString('base64url'),
    );
  return id;
}

function renderChallenge(origin: string, authorization: Authorization): object {
  const { id, status, token, validatedAt, problem } = authorization;
  // A challenge knows four states; those of its authorization that it lacks leave it as it was.
  const ended = status === 'valid' || validatedAt !== undefined ? 'valid' : 'pending';
  return {
    type: 'dns-01',
    url: urls.challenge(origin, id),
    status: status === 'processing' || status === 'invalid' ? status : ended,
    token,
    ...(validatedAt !== undefined && { validated: new Date(validatedAt).toISOString() }),
    ...(problem && { error: problem }),
  };
}

function waitOf(authority: Authority, { status, validateAt }: Authorization): Record<string, string> {
  const waitMs = (validateAt ?? 0) - authority.clock.now();
  return status === 'processing' && waitMs > 0 ? retryAfter(waitMs) : {};
}

function requireOwn(authority: Authority, account: Account, id: string): Authorization {
  const authorization = findAuthorization(authority, id);
  if (!authorization) throw new Problem('malformed', 'there is no such authorization', { status: 404 });
  if (authorization.account !== account.id) {
    throw new Problem('unauthorized', 'the authorization belongs to another account');
  }
  return authorization;
}

const deactivationShape = z.object({ status: z.literal('deactivated') });

/** RFC 8555 sections 7.5 and 7.5.2: reads or deactivates. */
export function authorizationRequest(
  authority: Authority,
  origin: string,
  account: Account,
  id: string,
  payload: unknown,
): HttpReply {
  let authorization = requireOwn(authority, account, id);
  if (payload !== undefined) {
    parsePayload(deactivationShape, payload);
    authority.store.prepare(`UPDATE acme_authorizations SET status = 'deactivated' WHERE id = ?`).run(id);
    authorization = { ...authorization, status: 'deactivated' };
  }
  const { status, name, isWildcard, expiresAt } = authorization;
  return {
    status: 200,
    headers: waitOf(authority, authorization),
    body: {
      identifier: { type: 'dns', value: name },
      status: status === 'processing' ? 'pending' : status,
      expires: new Date(expiresAt).toISOString(),
      challenges: [renderChallenge(origin, authorization)],
      ...(isWildcard && { wildcard: true }),
    },
  };
}

/** RFC 8555 section 7.5.1: `{}` answers the challenge, nothing reads it; a second answer changes nothing. */
export function challengeRequest(
  authority: Authority,
  origin: string,
  account: Account,
  id: string,
  payload: unknown,
): HttpReply {
  let authorization = requireOwn(authority, account, id);
  if (payload !== undefined) {
    parsePayload(z.object({}), payload);
    if (authorization.status === 'pending') {
      const validateAt = authority.clock.now() + authority.latency.validationMs;
      authority.store
        .prepare(`UPDATE acme_authorizations SET status = 'processing', validate_at = ? WHERE id = ?`)
        .run(validateAt, id);
      authorization = { ...authorization, status: 'processing', validateAt };
      validateLater(authority, id, validateAt);
    } else if (authorization.status !== 'processing' && authorization.status !== 'valid') {
      throw new Problem('malformed', `the authorization is ${authorization.status}`);
    }
  }
  return {
    status: 200,
    headers: { link: `<${urls.authorization(origin, id)}>;rel="up"`, ...waitOf(authority, authorization) },
    body: renderChallenge(origin, authorization),
  };
}

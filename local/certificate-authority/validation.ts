import { createHash } from 'node:crypto';
import { Resolver } from 'node:dns/promises';
import type { Authority } from './authority.ts';
import { requirePermission } from './caa.ts';
import { provenNameOf } from './order-budgets.ts';
import { Problem, type ProblemDocument, problemUrn } from './problem.ts';
import { refillBudget, spendBudget } from './rate-limits.ts';
import { urls } from './urls.ts';

const dayMs = 24 * 60 * 60 * 1000;
/** A proof without reuse still serves the order that it was made for. */
const provenLifetimeMs = 30 * dayMs;

/** Asks one DNS server, over UDP and after truncation over TCP; what it knows is never cached. */
export function createTextLookup(server: {
  host: string;
  port: number;
}): (name: string) => Promise<string[]> {
  return async (name) => {
    const resolver = new Resolver({ timeout: 2_000, tries: 2 });
    resolver.setServers([`${server.host}:${server.port}`]);
    try {
      return (await resolver.resolveTxt(name)).map((strings) => strings.join(''));
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : 'no answer';
      if (code === 'ENODATA') return [];
      const fact = code === 'ENOTFOUND' ? 'NXDOMAIN' : code.replace(/^E/, '');
      throw new Problem('dns', `DNS problem: ${fact} looking up TXT for ${name}`);
    }
  };
}

interface Proof {
  id: string;
  account: string;
  name: string;
  wildcard: number;
  token: string;
  thumbprint: string;
}

/** RFC 8555 section 8.4: one of the values must be the digest of the key authorization. */
async function requireProof(authority: Authority, proof: Proof): Promise<void> {
  const name = `_acme-challenge.${proof.name}`;
  const expected = createHash('sha256').update(`${proof.token}.${proof.thumbprint}`).digest('base64url');
  const values = await authority.lookUpText(name);
  if (values.includes(expected)) return;
  const [first] = values;
  throw new Problem(
    'unauthorized',
    first === undefined
      ? `No TXT record found at ${name}`
      : `Incorrect TXT record "${first.slice(0, 100)}"${values.length > 1 ? ` (and ${values.length - 1} more)` : ''} found at ${name}`,
  );
}

async function findFault(authority: Authority, proof: Proof): Promise<ProblemDocument | undefined> {
  const { lookUpCaa, caaIdentities } = authority;
  const accountPath = urls.account('', proof.account);
  try {
    await requireProof(authority, proof);
    await requirePermission(
      lookUpCaa,
      { identities: caaIdentities, accountPath },
      { name: proof.name, isWildcard: proof.wildcard === 1 },
    );
    return undefined;
  } catch (error) {
    if (error instanceof Problem) return error.document;
    console.error(error);
    return { type: problemUrn('serverInternal'), detail: 'the validation failed', status: 500 };
  }
}

async function validate(authority: Authority, id: string): Promise<void> {
  const { store, clock } = authority;
  const proof = store
    .prepare(
      `SELECT a.id, a.account, a.name, a.wildcard, a.token, c.thumbprint FROM acme_authorizations a JOIN acme_accounts c ON c.id = a.account
       WHERE a.id = ? AND a.status = 'processing'`,
    )
    .get(id) as Proof | undefined;
  if (!proof) return;
  const fault = await findFault(authority, proof);
  const now = clock.now();
  const subject = provenNameOf(proof.account, proof.name);
  // Deactivated meanwhile: that stays.
  if (fault) {
    spendBudget(authority, 'failedValidationsPerName', subject);
    spendBudget(authority, 'consecutiveFailuresPerName', subject);
    store
      .prepare(
        `UPDATE acme_authorizations SET status = 'invalid', problem = ? WHERE id = ? AND status = 'processing'`,
      )
      .run(JSON.stringify(fault), id);
  } else {
    refillBudget(authority, 'consecutiveFailuresPerName', subject);
    store
      .prepare(
        `UPDATE acme_authorizations SET status = 'valid', validated_at = ?, expires_at = ?
         WHERE id = ? AND status = 'processing'`,
      )
      .run(now, now + (authority.authorizationReuseMs || provenLifetimeMs), id);
  }
}

export function validateLater(authority: Authority, id: string, atMs: number): void {
  void authority.work.schedule(atMs, () => validate(authority, id));
}

/** Takes up what was answered and not yet asked when the process ended. */
export function resumeValidations(authority: Authority): void {
  const rows = authority.store
    .prepare(`SELECT id, validate_at FROM acme_authorizations WHERE status = 'processing'`)
    .all() as unknown as { id: string; validate_at: number }[];
  for (const row of rows) validateLater(authority, row.id, row.validate_at);
}

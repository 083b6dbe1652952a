import type { Account } from './accounts.ts';
import type { Authority } from './authority.ts';
import { authorizationsOfOrder } from './authorizations.ts';
import { Problem, type ProblemDocument, problemUrn, type Subproblem } from './problem.ts';

/** As it is stored. `open` is pending, ready or invalid: its authorizations decide at each look. */
interface OrderRow {
  id: string;
  account: string;
  status: 'open' | 'processing' | 'valid' | 'invalid';
  names: string;
  profile: string;
  replaces: string | null;
  expires_at: number;
  request: Uint8Array | null;
  issue_at: number | null;
  certificate: string | null;
  problem: string | null;
}

export interface Order {
  id: string;
  account: string;
  status: 'pending' | 'ready' | 'processing' | 'valid' | 'invalid';
  names: string[];
  profile: string;
  replaces: string | undefined;
  expiresAt: number;
  authorizationIds: string[];
  /** The PKCS#10 request once finalized. */
  request: Uint8Array | undefined;
  issueAt: number | undefined;
  certificate: string | undefined;
  problem: ProblemDocument | undefined;
}

function openState(
  authority: Authority,
  row: OrderRow,
): Pick<Order, 'status' | 'problem' | 'authorizationIds'> {
  const authorizations = authorizationsOfOrder(authority, row.id);
  const authorizationIds = authorizations.map(({ id }) => id);
  const subproblems = authorizations.flatMap(({ name, isWildcard, problem }): Subproblem[] =>
    problem
      ? [
          {
            type: problem.type,
            detail: problem.detail,
            identifier: { type: 'dns', value: isWildcard ? `*.${name}` : name },
          },
        ]
      : [],
  );
  const [first] = subproblems;
  if (first) {
    const isCommon = subproblems.every(({ type }) => type === first.type);
    const type = isCommon ? first.type : problemUrn('compound');
    const problem = { type, detail: 'names were not proven', status: 403, subproblems };
    return { status: 'invalid', problem, authorizationIds };
  }
  const failed = authorizations.find(({ status }) => status === 'deactivated' || status === 'expired');
  if (failed || row.expires_at <= authority.clock.now()) {
    const detail = failed ? `the authorization of ${failed.name} is ${failed.status}` : 'the order expired';
    const problem = { type: problemUrn('unauthorized'), detail, status: 403 };
    return { status: 'invalid', problem, authorizationIds };
  }
  const isReady = authorizations.every(({ status }) => status === 'valid');
  return { status: isReady ? 'ready' : 'pending', problem: undefined, authorizationIds };
}

function orderOf(authority: Authority, row: OrderRow): Order {
  const { status, problem, authorizationIds } = openState(authority, row);
  const stored = row.problem === null ? undefined : (JSON.parse(row.problem) as ProblemDocument);
  return {
    id: row.id,
    account: row.account,
    status: row.status === 'open' ? status : row.status,
    names: JSON.parse(row.names) as string[],
    profile: row.profile,
    replaces: row.replaces ?? undefined,
    expiresAt: row.expires_at,
    authorizationIds,
    request: row.request ?? undefined,
    issueAt: row.issue_at ?? undefined,
    certificate: row.certificate ?? undefined,
    problem: row.status === 'open' ? problem : stored,
  };
}

export function findOrder(authority: Authority, id: string): Order | undefined {
  const row = authority.store.prepare('SELECT * FROM acme_orders WHERE id = ?').get(id) as
    | OrderRow
    | undefined;
  return row && orderOf(authority, row);
}

export function requireOwnOrder(authority: Authority, account: Account, id: string): Order {
  const order = findOrder(authority, id);
  if (!order) throw new Problem('malformed', 'there is no such order', { status: 404 });
  if (order.account !== account.id) throw new Problem('unauthorized', 'the order belongs to another account');
  return order;
}

/** An order for the same names in any order and the same profile that can still be finished: a repeated newOrder finds it. */
export function findUnfinishedOrder(
  authority: Authority,
  wanted: { account: string; names: readonly string[]; profile: string; replaces: string | undefined },
): Order | undefined {
  const rows = authority.store
    .prepare(
      `SELECT * FROM acme_orders WHERE account = ? AND status = 'open' AND profile = ? AND replaces IS ?
       AND expires_at > ? ORDER BY expires_at DESC`,
    )
    .all(
      wanted.account,
      wanted.profile,
      wanted.replaces ?? null,
      authority.clock.now(),
    ) as unknown as OrderRow[];
  const set = wanted.names.toSorted().join();
  return rows
    .filter(({ names }) => (JSON.parse(names) as string[]).toSorted().join() === set)
    .map((row) => orderOf(authority, row))
    .find(({ status }) => status === 'pending' || status === 'ready');
}

/** Orders that were being issued when the process ended. */
export function processingOrders(authority: Authority): { id: string; issueAt: number }[] {
  return authority.store
    .prepare(`SELECT id, issue_at AS issueAt FROM acme_orders WHERE status = 'processing'`)
    .all() as unknown as { id: string; issueAt: number }[];
}

/** RFC 8555 section 7.1.2.1: what may still be of use, invalid orders left out. */
export function usefulOrderIds(authority: Authority, account: Account): string[] {
  const rows = authority.store
    .prepare('SELECT * FROM acme_orders WHERE account = ? ORDER BY expires_at')
    .all(account.id) as unknown as OrderRow[];
  return rows
    .map((row) => orderOf(authority, row))
    .filter(({ status }) => status !== 'invalid')
    .map(({ id }) => id);
}

import type { InspectedTable } from '#local/kit/stand-in.ts';
import type { Authority } from './authority.ts';
import { type RateLimitName, remaining } from './rate-limits.ts';

/** Newest rows that a table shows. */
const shown = 100;

const time = (ms: number | null): string => (ms === null ? '' : new Date(ms).toISOString());
const list = (json: string): string => (JSON.parse(json) as string[]).join(' ');

interface Rows {
  accounts: { id: string; status: string; contact: string; external: string | null; orders: number };
  orders: { id: string; status: string; names: string; profile: string; replaces: string | null; at: number };
  certificates: {
    names: string;
    account: string;
    notBefore: number;
    notAfter: number;
    revokedAt: number | null;
    reason: number | null;
  };
  budgets: { name: RateLimitName; subject: string; fullAt: number };
}

/** Accounts, orders, certificates and what is left of the rate limits; no key and no token. */
export function inspectAuthority(authority: Authority): InspectedTable[] {
  const read = <T extends keyof Rows>(sql: string): Rows[T][] =>
    authority.store.prepare(`${sql} LIMIT ${shown}`).all() as unknown as Rows[T][];
  return [
    {
      title: 'Accounts',
      columns: ['account', 'status', 'contact', 'external account', 'orders'],
      rows: read<'accounts'>(
        `SELECT a.id, a.status, a.contact, a.external_account AS external,
           (SELECT count(*) FROM acme_orders o WHERE o.account = a.id) AS orders
         FROM acme_accounts a ORDER BY a.rowid DESC`,
      ).map((row) => [row.id, row.status, list(row.contact), row.external ?? '', row.orders]),
    },
    {
      title: 'Orders',
      columns: ['order', 'status', 'names', 'profile', 'replaces', 'expires'],
      rows: read<'orders'>(
        `SELECT id, status, names, profile, replaces, expires_at AS at FROM acme_orders ORDER BY rowid DESC`,
      ).map((row) => [row.id, row.status, list(row.names), row.profile, row.replaces ?? '', time(row.at)]),
    },
    {
      title: 'Certificates',
      columns: ['names', 'account', 'not before', 'not after', 'revoked', 'reason'],
      rows: read<'certificates'>(
        `SELECT names, account, not_before AS notBefore, not_after AS notAfter, revoked_at AS revokedAt, reason
         FROM acme_certificates ORDER BY rowid DESC`,
      ).map((row) => [
        list(row.names),
        row.account,
        time(row.notBefore),
        time(row.notAfter),
        time(row.revokedAt),
        row.reason ?? '',
      ]),
    },
    {
      title: 'Rate limits',
      columns: ['limit', 'of', 'left', 'full again'],
      rows: read<'budgets'>(
        `SELECT rate_limit AS name, subject, full_at AS fullAt FROM acme_budgets ORDER BY full_at DESC`,
      ).map((row) => [row.name, row.subject, remaining(authority, row.name, row.fullAt), time(row.fullAt)]),
    },
  ];
}

import type { Account } from './accounts.ts';
import type { Authority } from './authority.ts';
import { registeredDomainOf, requireBudget, spendBudget } from './rate-limits.ts';

const exactSetOf = (names: readonly string[]): string => names.toSorted().join(',');
const domainsOf = (names: readonly string[]): Set<string> => new Set(names.map(registeredDomainOf));
export const provenNameOf = (account: string, name: string): string =>
  `${account} ${name.replace(/^\*\./, '')}`;

/**
 * An order for exactly the names of an earlier certificate renews it, whoever asked for that. Without a limit for
 * domains the question does not arise.
 */
function isRenewal({ store, rateLimits }: Authority, names: readonly string[]): boolean {
  if (!rateLimits.certificatesPerRegisteredDomain) return true;
  const set = exactSetOf(names);
  const rows = store
    .prepare('SELECT names FROM acme_certificates WHERE instr(names, ?) > 0')
    .all(JSON.stringify(names[0])) as { names: string }[];
  return rows.some((row) => exactSetOf(JSON.parse(row.names) as string[]) === set);
}

function requireCertificateBudgets(authority: Authority, names: readonly string[]): void {
  requireBudget(authority, 'certificatesPerExactSet', exactSetOf(names));
  if (isRenewal(authority, names)) return;
  for (const domain of domainsOf(names)) requireBudget(authority, 'certificatesPerRegisteredDomain', domain);
}

/** What an order that replaces nothing must be within before it is made; takes one order. */
export function spendOrderBudgets(authority: Authority, account: Account, names: readonly string[]): void {
  requireBudget(authority, 'newOrdersPerAccount', account.id);
  for (const name of names) {
    const subject = provenNameOf(account.id, name);
    requireBudget(authority, 'failedValidationsPerName', subject);
    requireBudget(authority, 'consecutiveFailuresPerName', subject);
  }
  requireCertificateBudgets(authority, names);
  spendBudget(authority, 'newOrdersPerAccount', account.id);
}

/** Takes one certificate of the exact set and, unless it renews, one of each registered domain. */
export function spendCertificateBudgets(authority: Authority, names: readonly string[]): void {
  requireCertificateBudgets(authority, names);
  spendBudget(authority, 'certificatesPerExactSet', exactSetOf(names));
  if (isRenewal(authority, names)) return;
  for (const domain of domainsOf(names)) spendBudget(authority, 'certificatesPerRegisteredDomain', domain);
}

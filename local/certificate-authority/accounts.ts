import type { JWK } from 'jose';
import { z } from 'zod';
import type { HttpReply } from '#local/kit/http-server.ts';
import { inTransaction } from '#local/kit/store.ts';
import { type Authority, newId } from './authority.ts';
import { requireExternalAccount } from './external-account.ts';
import { Problem } from './problem.ts';
import { requireBudget, spendBudget } from './rate-limits.ts';
import { parsePayload, type SignedRequest } from './signed-request.ts';
import { urls } from './urls.ts';

export interface Account {
  id: string;
  thumbprint: string;
  key: JWK;
  status: 'valid' | 'deactivated';
  contact: string[];
}

interface AccountRow {
  id: string;
  thumbprint: string;
  jwk: string;
  status: 'valid' | 'deactivated';
  contact: string;
}

/** Every client is on this machine. */
const clientAddress = '127.0.0.1';
const contactShape = z.array(z.string().max(200)).max(10);
const newAccountShape = z.object({
  contact: contactShape.default([]),
  termsOfServiceAgreed: z.boolean().default(false),
  onlyReturnExisting: z.boolean().default(false),
  externalAccountBinding: z.unknown().optional(),
});
const updateShape = z.object({
  contact: contactShape.optional(),
  status: z.literal('deactivated').optional(),
});

const accountOf = ({ jwk, contact, ...row }: AccountRow): Account => ({
  ...row,
  key: JSON.parse(jwk) as JWK,
  contact: JSON.parse(contact) as string[],
});

function find(authority: Authority, column: 'id' | 'thumbprint', value: string): Account | undefined {
  const row = authority.store
    .prepare(`SELECT id, thumbprint, jwk, status, contact FROM acme_accounts WHERE ${column} = ?`)
    .get(value) as AccountRow | undefined;
  return row && accountOf(row);
}

export const findAccountByKey = (authority: Authority, thumbprint: string): Account | undefined =>
  find(authority, 'thumbprint', thumbprint);

/** The account at this URL; RFC 8555 section 7.3.6: a deactivated one may do nothing. */
export function requireAccount(authority: Authority, origin: string, kid: string): Account {
  const prefix = urls.account(origin, '');
  const account = kid.startsWith(prefix) ? find(authority, 'id', kid.slice(prefix.length)) : undefined;
  if (!account) throw new Problem('accountDoesNotExist', `there is no account ${kid}`);
  if (account.status !== 'valid') throw new Problem('unauthorized', 'the account is deactivated');
  return account;
}

function requireContact(contact: readonly string[]): void {
  for (const url of contact) {
    if (!url.startsWith('mailto:'))
      throw new Problem('unsupportedContact', `only mailto: contacts, not ${url}`);
    if (!/^mailto:[^@\s,?]+@[^@\s,?]+$/.test(url))
      throw new Problem('invalidContact', `${url} is no address`);
  }
}

export function renderAccount(origin: string, account: Account, status: number): HttpReply {
  return {
    status,
    headers: { location: urls.account(origin, account.id) },
    body: {
      status: account.status,
      contact: account.contact,
      termsOfServiceAgreed: true,
      orders: urls.accountOrders(origin, account.id),
    },
  };
}

/** RFC 8555 section 7.3: one account per key; asking again finds it. */
export async function newAccount(
  authority: Authority,
  origin: string,
  request: SignedRequest,
): Promise<HttpReply> {
  const wanted = parsePayload(newAccountShape, request.payload);
  const existing = findAccountByKey(authority, request.thumbprint);
  if (existing?.status === 'deactivated') throw new Problem('unauthorized', 'the account is deactivated');
  if (existing) return renderAccount(origin, existing, 200);
  if (wanted.onlyReturnExisting) throw new Problem('accountDoesNotExist', 'no account has this key');
  if (!wanted.termsOfServiceAgreed) throw new Problem('malformed', 'the terms of service must be agreed to');
  requireContact(wanted.contact);
  const external = await requireExternalAccount(authority, origin, request, wanted.externalAccountBinding);
  // Two requests of one key may have come this far together: the second finds the first one's account.
  return inTransaction(authority.store, () => {
    const twin = findAccountByKey(authority, request.thumbprint);
    if (twin) return renderAccount(origin, twin, 200);
    requireBudget(authority, 'newAccountsPerAddress', clientAddress);
    spendBudget(authority, 'newAccountsPerAddress', clientAddress);
    const account: Account = {
      id: newId(),
      thumbprint: request.thumbprint,
      key: request.key,
      status: 'valid',
      contact: wanted.contact,
    };
    authority.store
      .prepare('INSERT INTO acme_accounts VALUES (?, ?, ?, ?, ?, ?)')
      .run(
        account.id,
        account.thumbprint,
        JSON.stringify(account.key),
        account.status,
        JSON.stringify(account.contact),
        external ?? null,
      );
    return renderAccount(origin, account, 201);
  });
}

/** RFC 8555 sections 7.3.2 and 7.3.6: reads, changes the contacts, deactivates. */
export function accountRequest(
  authority: Authority,
  origin: string,
  account: Account,
  payload: unknown,
): HttpReply {
  if (payload === undefined) return renderAccount(origin, account, 200);
  const change = parsePayload(updateShape, payload);
  requireContact(change.contact ?? []);
  const changed = {
    ...account,
    contact: change.contact ?? account.contact,
    status: change.status ?? account.status,
  };
  authority.store
    .prepare('UPDATE acme_accounts SET contact = ?, status = ? WHERE id = ?')
    .run(JSON.stringify(changed.contact), changed.status, account.id);
  return renderAccount(origin, changed, 200);
}

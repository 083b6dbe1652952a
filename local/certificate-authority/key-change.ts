import { calculateJwkThumbprint, type JWK } from 'jose';
import { z } from 'zod';
import type { HttpReply } from '#local/kit/http-server.ts';
import { inTransaction } from '#local/kit/store.ts';
import { type Account, findAccountByKey, renderAccount } from './accounts.ts';
import type { Authority } from './authority.ts';
import { Problem } from './problem.ts';
import { parsePayload, verifyInnerRequest } from './signed-request.ts';
import { urls } from './urls.ts';

const keyChangeShape = z.object({ account: z.string(), oldKey: z.record(z.string(), z.unknown()) });

async function isKeyOf(account: Account, key: JWK): Promise<boolean> {
  return (await calculateJwkThumbprint(key).catch(() => '')) === account.thumbprint;
}

/**
 * RFC 8555 section 7.3.5: the old key signs the request, the new one the change inside it. A key that has an account
 * already is refused with 409 and the Location of that account.
 */
export async function changeKey(
  authority: Authority,
  origin: string,
  account: Account,
  payload: unknown,
): Promise<HttpReply> {
  const inner = await verifyInnerRequest(payload, urls.keyChange(origin));
  const change = parsePayload(keyChangeShape, inner.payload);
  if (change.account !== urls.account(origin, account.id)) {
    throw new Problem('malformed', 'the inner JWS names another account than the outer one');
  }
  if (!(await isKeyOf(account, change.oldKey as JWK))) {
    throw new Problem('malformed', 'oldKey is not the key of the account');
  }
  return inTransaction(authority.store, () => {
    const owner = findAccountByKey(authority, inner.thumbprint);
    if (owner) {
      throw new Problem('malformed', 'the new key has an account already', {
        status: 409,
        location: urls.account(origin, owner.id),
      });
    }
    const { changes } = authority.store
      .prepare('UPDATE acme_accounts SET thumbprint = ?, jwk = ? WHERE id = ? AND thumbprint = ?')
      .run(inner.thumbprint, JSON.stringify(inner.key), account.id, account.thumbprint);
    // Another change came first: the old key, which signed this one, has no account any more.
    if (changes === 0) throw new Problem('malformed', 'oldKey is not the key of the account');
    return renderAccount(origin, { ...account, key: inner.key, thumbprint: inner.thumbprint }, 200);
  });
}

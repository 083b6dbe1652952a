import { Buffer } from 'node:buffer';
import { z } from 'zod';
import type { HttpReply } from '#local/kit/http-server.ts';
import { inTransaction } from '#local/kit/store.ts';
import type { Account } from './accounts.ts';
import { type Authority, newId } from './authority.ts';
import { authorizationFor } from './authorizations.ts';
import { requireNames } from './identifiers.ts';
import { issueLater } from './issuance.ts';
import { spendCertificateBudgets, spendOrderBudgets } from './order-budgets.ts';
import { findOrder, findUnfinishedOrder, type Order, requireOwnOrder, usefulOrderIds } from './orders.ts';
import { Problem, retryAfter } from './problem.ts';
import { applyReplacesFault, requireReplaceable } from './replacement.ts';
import { parsePayload } from './signed-request.ts';
import { requireSigningRequest } from './signing-request.ts';
import { urls } from './urls.ts';

const orderLifetimeMs = 7 * 24 * 60 * 60 * 1000;

const newOrderShape = z.object({
  identifiers: z.array(z.object({ type: z.string().max(32), value: z.string().max(1000) })).min(1),
  notBefore: z.unknown().optional(),
  notAfter: z.unknown().optional(),
  profile: z.string().optional(),
  replaces: z.string().max(200).optional(),
});
const finalizeShape = z.object({ csr: z.base64url() });

function render(authority: Authority, origin: string, order: Order, status: number): HttpReply {
  const waitMs = (order.issueAt ?? 0) - authority.clock.now();
  return {
    status,
    headers: {
      location: urls.order(origin, order.id),
      ...(order.status === 'processing' && waitMs > 0 && retryAfter(waitMs)),
    },
    body: {
      status: order.status,
      expires: new Date(order.expiresAt).toISOString(),
      identifiers: order.names.map((value) => ({ type: 'dns', value })),
      profile: order.profile,
      authorizations: order.authorizationIds.map((id) => urls.authorization(origin, id)),
      finalize: urls.finalize(origin, order.id),
      ...(order.replaces !== undefined && { replaces: order.replaces }),
      ...(order.certificate !== undefined && { certificate: urls.certificate(origin, order.certificate) }),
      ...(order.problem && { error: order.problem }),
    },
  };
}

function requireProfile(authority: Authority, wanted: string | undefined): string {
  const name = wanted ?? Object.keys(authority.profiles)[0] ?? '';
  if (Object.hasOwn(authority.profiles, name)) return name;
  throw new Problem('invalidProfile', `there is no profile ${name}`);
}

/** RFC 8555 section 7.4. The same order, sent again while it is unfinished, is answered with the first one. */
export function newOrder(
  authority: Authority,
  origin: string,
  account: Account,
  payload: unknown,
): HttpReply {
  const wanted = parsePayload(newOrderShape, payload);
  if (wanted.notBefore !== undefined || wanted.notAfter !== undefined) {
    throw new Problem(
      'malformed',
      'notBefore and notAfter are not offered here: the profile sets the lifetime',
    );
  }
  const names = requireNames(wanted.identifiers, authority.permittedSuffix);
  const profile = requireProfile(authority, wanted.profile);
  if (wanted.replaces !== undefined) applyReplacesFault(authority.faults);
  return inTransaction(authority.store, () => {
    const { replaces } = wanted;
    const unfinished = findUnfinishedOrder(authority, { account: account.id, names, profile, replaces });
    if (unfinished) return render(authority, origin, unfinished, 201);
    if (replaces === undefined) spendOrderBudgets(authority, account, names);
    else requireReplaceable(authority, account, names, replaces);
    const id = newId();
    const expiresAt = authority.clock.now() + orderLifetimeMs;
    authority.store
      .prepare(
        `INSERT INTO acme_orders (id, account, status, names, profile, replaces, expires_at)
         VALUES (?, ?, 'open', ?, ?, ?, ?)`,
      )
      .run(id, account.id, JSON.stringify(names), profile, replaces ?? null, expiresAt);
    const link = authority.store.prepare('INSERT INTO acme_order_authorizations VALUES (?, ?, ?)');
    names.forEach((name, position) => link.run(id, authorizationFor(authority, account, name), position));
    return render(authority, origin, requireOwnOrder(authority, account, id), 201);
  });
}

export function readOrder(authority: Authority, origin: string, account: Account, id: string): HttpReply {
  return render(authority, origin, requireOwnOrder(authority, account, id), 200);
}

export function listOrders(authority: Authority, origin: string, account: Account): HttpReply {
  const orders = usefulOrderIds(authority, account).map((id) => urls.order(origin, id));
  return { status: 200, body: { orders } };
}

function requireReady(authority: Authority, account: Account, id: string): Order {
  const order = requireOwnOrder(authority, account, id);
  if (order.status !== 'ready') throw new Problem('orderNotReady', `the order is ${order.status}`);
  return order;
}

/** RFC 8555 section 7.4: only a ready order takes a request; whoever repeats it reads the order instead. */
export async function finalizeOrder(
  authority: Authority,
  origin: string,
  account: Account,
  id: string,
  payload: unknown,
): Promise<HttpReply> {
  const order = requireReady(authority, account, id);
  const request = Buffer.from(parsePayload(finalizeShape, payload).csr, 'base64url');
  await requireSigningRequest(request, order.names, account.thumbprint);
  const issueAt = authority.clock.now() + authority.latency.issuanceMs;
  inTransaction(authority.store, () => {
    requireReady(authority, account, id);
    if (order.replaces === undefined) spendCertificateBudgets(authority, order.names);
    authority.store
      .prepare(`UPDATE acme_orders SET status = 'processing', request = ?, issue_at = ? WHERE id = ?`)
      .run(request, issueAt, id);
  });
  const issued = issueLater(authority, id, issueAt);
  if (authority.latency.issuanceMs === 0) await issued;
  return render(authority, origin, findOrder(authority, id) ?? order, 200);
}

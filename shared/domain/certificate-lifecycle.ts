import type {
  CertificateRecord,
  CertificateState,
  IssuancePlan,
  IssuedLeaf,
  KeyCustody,
  ReplacementRequest,
} from './certificate.ts';
import { AppError, type ErrorRecord } from './error.ts';
import type { RenewalWindow } from './renewal.ts';

/** What can happen to a machine's certificate. Times are ISO 8601. */
export type CertificateEvent =
  /** Its turn at an authority has a date. */
  | { type: 'wait'; plan: IssuancePlan; custody: KeyCustody }
  /** An order begins; `retryAt` is when it is tried again should nobody finish it. */
  | { type: 'order'; custody: KeyCustody; retryAt: string; wantedRequest?: string }
  /** The order failed; the next try has a date. */
  | { type: 'fail'; error: ErrorRecord; retryAt: string }
  /** The chain is kept. */
  | {
      type: 'issue';
      leaf: IssuedLeaf;
      point: number;
      dueAt: string;
      window?: RenewalWindow;
      checkAt?: string;
    }
  /** The agent fetched this leaf. */
  | { type: 'deliver'; thumbprint: string }
  /** A handshake showed this leaf. */
  | { type: 'serve'; thumbprint: string }
  /** A replacement is wanted at once. */
  | { type: 'replace'; request: ReplacementRequest }
  /** The authority revoked this leaf. */
  | { type: 'revoke'; thumbprint: string; dueAt: string }
  /** The end came. */
  | { type: 'expire' }
  /** The machine gives name and certificate up. */
  | { type: 'withdraw' };

type EventType = CertificateEvent['type'];

/**
 * Every state with every event; `none` is a machine without a record. A hole is an illegal move. `revoke` of a leaf
 * that was replaced already leaves the state as it is (see `applyEvent`).
 */
export const certificateMoves: Readonly<
  Record<CertificateState | 'none', Readonly<Record<EventType, CertificateState | undefined>>>
> = {
  none: moves({ wait: 'waiting', order: 'ordered' }),
  waiting: moves({
    wait: 'waiting',
    order: 'ordered',
    fail: 'waiting',
    deliver: 'waiting',
    serve: 'waiting',
    replace: 'waiting',
    revoke: 'revoked',
    expire: 'expired',
    withdraw: 'withdrawn',
  }),
  ordered: moves({
    wait: 'waiting',
    order: 'ordered',
    fail: 'waiting',
    issue: 'issued',
    deliver: 'ordered',
    serve: 'ordered',
    replace: 'ordered',
    revoke: 'ordered',
    expire: 'ordered',
    withdraw: 'withdrawn',
  }),
  issued: moves({
    wait: 'waiting',
    order: 'ordered',
    fail: 'issued',
    issue: 'issued',
    deliver: 'delivered',
    serve: 'served',
    replace: 'issued',
    revoke: 'revoked',
    expire: 'expired',
    withdraw: 'withdrawn',
  }),
  delivered: moves({
    wait: 'waiting',
    order: 'ordered',
    fail: 'delivered',
    issue: 'issued',
    deliver: 'delivered',
    serve: 'served',
    replace: 'delivered',
    revoke: 'revoked',
    expire: 'expired',
    withdraw: 'withdrawn',
  }),
  served: moves({
    wait: 'waiting',
    order: 'ordered',
    fail: 'served',
    deliver: 'served',
    serve: 'served',
    replace: 'served',
    revoke: 'revoked',
    expire: 'expired',
    withdraw: 'withdrawn',
  }),
  revoked: moves({
    wait: 'waiting',
    order: 'ordered',
    fail: 'revoked',
    deliver: 'revoked',
    serve: 'revoked',
    replace: 'revoked',
    revoke: 'revoked',
    expire: 'expired',
    withdraw: 'withdrawn',
  }),
  expired: moves({
    wait: 'waiting',
    order: 'ordered',
    fail: 'expired',
    deliver: 'expired',
    serve: 'expired',
    replace: 'expired',
    revoke: 'expired',
    expire: 'expired',
    withdraw: 'withdrawn',
  }),
  withdrawn: moves({ wait: 'waiting', order: 'ordered', withdraw: 'withdrawn' }),
};

function moves(
  legal: Partial<Record<EventType, CertificateState>>,
): Record<EventType, CertificateState | undefined> {
  const { wait, order, fail, issue, deliver, serve, replace, revoke, expire, withdraw } = legal;
  return { wait, order, fail, issue, deliver, serve, replace, revoke, expire, withdraw };
}

/**
 * The record after an event, or the same object when the event says nothing new (a repetition, or word of another
 * leaf). Throws `internal_error` with state and event for an illegal move. `at` is ISO 8601.
 */
export function applyEvent(
  record: CertificateRecord | undefined,
  event: CertificateEvent,
  at: string,
): CertificateRecord {
  const from = record?.state ?? 'none';
  const to = certificateMoves[from][event.type];
  if (to === undefined) {
    throw new AppError('internal_error', `a certificate that is ${from} cannot ${event.type}`);
  }
  if (!record) return begin(event, to);
  return change(record, event, to, at);
}

function begin(event: CertificateEvent, state: CertificateState): CertificateRecord {
  switch (event.type) {
    case 'wait':
      return { state, custody: event.custody, plan: event.plan, dueAt: event.plan.turnAt };
    case 'order':
      return { state, custody: event.custody, dueAt: event.retryAt, ...wanted(event.wantedRequest) };
    default:
      throw new AppError('internal_error', `a certificate does not begin with ${event.type}`);
  }
}

const wanted = (id: string | undefined) => (id === undefined ? {} : { wantedRequest: id });

function change(
  record: CertificateRecord,
  event: CertificateEvent,
  state: CertificateState,
  at: string,
): CertificateRecord {
  const { plan: _, wantedRequest: __, ...settled } = record;
  switch (event.type) {
    case 'wait':
      return { ...settled, state, custody: event.custody, plan: event.plan, dueAt: event.plan.turnAt };
    case 'order': {
      const base = record.state === 'withdrawn' ? {} : settled;
      return {
        ...base,
        state,
        custody: event.custody,
        dueAt: event.retryAt,
        ...wanted(event.wantedRequest),
      };
    }
    case 'fail': {
      const count = (record.failure?.count ?? 0) + 1;
      // What failed after the issue is the delivery: the new leaf keeps its own due moment.
      const dueAt = record.state === 'ordered' ? event.retryAt : later(event.retryAt, record.dueAt);
      return { ...settled, state, dueAt, failure: { ...event.error, at, count } };
    }
    case 'issue':
      return issued(settled, event, state);
    case 'deliver':
    case 'serve':
      return seen(record, event, state, at);
    case 'replace':
      return { ...record, state, replacement: event.request, dueAt: event.request.requestedAt };
    case 'revoke':
      return revoked(record, event, state, at);
    case 'expire':
      return record.state === state ? record : { ...record, state };
    case 'withdraw': {
      const { dueAt: _due, checkAt: _check, replacement: _replacement, ...rest } = settled;
      return record.state === state ? record : { ...rest, state };
    }
    default:
      return event satisfies never;
  }
}

/** ISO 8601 in UTC sorts as text. */
const later = (one: string, other: string | undefined): string =>
  other !== undefined && other > one ? other : one;

/** Revoking the leaf that was replaced leaves the new one untouched and ends the replacement. */
function revoked(
  record: CertificateRecord,
  { thumbprint, dueAt }: Extract<CertificateEvent, { type: 'revoke' }>,
  state: CertificateState,
  at: string,
): CertificateRecord {
  const { replacement, ...rest } = record;
  if (thumbprint === record.leaf?.thumbprint) {
    return { ...rest, state, dueAt, ...(replacement && { replacement: { ...replacement, revokedAt: at } }) };
  }
  return replacement && record.leaf?.servedAt === undefined
    ? { ...rest, replacement: { ...replacement, revokedAt: at } }
    : rest;
}

function issued(
  record: CertificateRecord,
  { leaf, point, dueAt, window, checkAt }: Extract<CertificateEvent, { type: 'issue' }>,
  state: CertificateState,
): CertificateRecord {
  const { leaf: old, previous, custody } = record;
  if (old?.thumbprint === leaf.thumbprint) return { ...record, state: record.state };
  // A leaf that nobody was ever served is no predecessor: the one in service stays it.
  const inService = old?.servedAt === undefined ? (previous ?? old) : old;
  return {
    state,
    custody,
    leaf,
    point,
    dueAt,
    ...(inService && { previous: inService }),
    ...(window && { window }),
    ...(checkAt !== undefined && { checkAt }),
    ...(record.replacement && { replacement: record.replacement }),
  };
}

/** Word of the newest leaf; word of any other says nothing new. */
function seen(
  record: CertificateRecord,
  { type, thumbprint }: { type: 'deliver' | 'serve'; thumbprint: string },
  state: CertificateState,
  at: string,
): CertificateRecord {
  const { leaf } = record;
  if (!leaf || leaf.thumbprint !== thumbprint) return record;
  if (type === 'deliver') {
    if (leaf.deliveredAt !== undefined) return record;
    return { ...record, state, leaf: { ...leaf, deliveredAt: at } };
  }
  if (leaf.servedAt !== undefined) return record;
  const { previous: _, replacement, failure: __, ...rest } = record;
  const isOpen = replacement?.revoke === true && replacement.revokedAt === undefined;
  return {
    ...rest,
    state,
    leaf: { ...leaf, servedAt: at },
    ...(isOpen && { replacement, previous: record.previous }),
  };
}

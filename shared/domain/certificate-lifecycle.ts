import {
  type CertificateRecord,
  type CertificateState,
  type IssuancePlan,
  type IssuedLeaf,
  type KeyCustody,
  leafInService,
  type RenewalWindow,
  type ReplacementRequest,
} from './certificate.ts';
import { AppError, type ErrorRecord } from './error.ts';
import { askedFor, calledOff, revoked, withoutTurn } from './replacement.ts';

/**
 * What can happen to a machine's certificate. Times are ISO 8601. `id` is the issue that speaks: a step that it
 * says again after a crash changes nothing.
 */
export type CertificateEvent =
  /** The machine is to make a key and a request. */
  | { type: 'request'; id: string; custody: KeyCustody }
  /** Its turn at an authority has a date. */
  | { type: 'wait'; id: string; custody: KeyCustody; plan: IssuancePlan }
  /** An order begins; `retryAt` is when it is tried again should nobody finish it. */
  | { type: 'order'; id: string; custody: KeyCustody; retryAt: string }
  /** The order or its delivery failed; the next try has a date. */
  | { type: 'fail'; id: string; error: ErrorRecord; retryAt: string }
  /** The chain is kept. */
  | ({ type: 'issue'; leaf: IssuedLeaf; point: number } & RenewalDates)
  /** The authority changed its advice, or could not be asked. */
  | ({ type: 'advise'; thumbprint: string; failures: number } & RenewalDates)
  /** The agent fetched this leaf. */
  | { type: 'deliver'; thumbprint: string }
  /** A handshake showed this leaf. */
  | { type: 'serve'; thumbprint: string }
  /** A replacement is wanted at once. */
  | { type: 'replace'; request: ReplacementRequest }
  /** The replacement, of one or within a fleet, or what waits is called off: its own due moment holds again. */
  | { type: 'call-off'; drill?: string }
  /** The authority revoked this leaf. */
  | { type: 'revoke'; thumbprint: string; dueAt: string }
  /** The end came. */
  | { type: 'expire' }
  /** The machine gives name and certificate up. */
  | { type: 'withdraw' };

interface RenewalDates {
  dueAt: string;
  window?: RenewalWindow;
  checkAt?: string;
}

type EventType = CertificateEvent['type'];
type EventOf<T extends EventType> = Extract<CertificateEvent, { type: T }>;

/** Events that a record of any state with a leaf takes without moving. */
const still = (state: CertificateState) =>
  ({
    request: state,
    fail: state,
    advise: state,
    deliver: state,
    serve: state,
    replace: state,
    'call-off': state,
  }) as const;
/** What can happen to any certificate that somebody still wants. */
const anyTime = {
  wait: 'waiting',
  order: 'ordered',
  revoke: 'revoked',
  expire: 'expired',
  withdraw: 'withdrawn',
} as const;
const nothing: Readonly<Record<EventType, undefined>> = {
  request: undefined,
  wait: undefined,
  order: undefined,
  fail: undefined,
  issue: undefined,
  advise: undefined,
  deliver: undefined,
  serve: undefined,
  replace: undefined,
  'call-off': undefined,
  revoke: undefined,
  expire: undefined,
  withdraw: undefined,
};

/** Every state with every event; `none` is a machine without a record, a hole is an illegal move. */
export const certificateMoves: Readonly<
  Record<CertificateState | 'none', Readonly<Record<EventType, CertificateState | undefined>>>
> = {
  none: { ...nothing, request: 'waiting', wait: 'waiting', order: 'ordered' },
  // An install takes up a leaf that is good for longer: then nothing is waited for.
  waiting: { ...nothing, ...still('waiting'), ...anyTime, issue: 'issued' },
  // Word of the leaf before it, which goes on being served, does not disturb an order.
  ordered: {
    ...nothing,
    ...still('ordered'),
    ...anyTime,
    fail: 'waiting',
    issue: 'issued',
    revoke: 'ordered',
    expire: 'ordered',
  },
  issued: {
    ...nothing,
    ...still('issued'),
    ...anyTime,
    issue: 'issued',
    deliver: 'delivered',
    serve: 'served',
  },
  delivered: { ...nothing, ...still('delivered'), ...anyTime, issue: 'delivered', serve: 'served' },
  served: { ...nothing, ...still('served'), ...anyTime, issue: 'served' },
  revoked: { ...nothing, ...still('revoked'), ...anyTime },
  expired: { ...nothing, ...still('expired'), ...anyTime, revoke: 'expired' },
  // A first install that failed kept its leaf: the next one takes it up again.
  withdrawn: {
    ...nothing,
    request: 'waiting',
    wait: 'waiting',
    order: 'ordered',
    issue: 'issued',
    // Late word of what was given up.
    deliver: 'withdrawn',
    serve: 'withdrawn',
    'call-off': 'withdrawn',
    withdraw: 'withdrawn',
  },
};

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
  const state = certificateMoves[from][event.type];
  if (state === undefined) {
    throw new AppError('internal_error', `a certificate that is ${from} cannot ${event.type}`);
  }
  const mark = 'id' in event ? `${event.type} ${event.id}` : undefined;
  if (record && mark !== undefined && record.mark === mark) return record;
  const changed = change(record ?? { state, custody: 'vault' }, event, state, at);
  return mark === undefined ? changed : { ...changed, mark };
}

function change(
  record: CertificateRecord,
  event: CertificateEvent,
  state: CertificateState,
  at: string,
): CertificateRecord {
  switch (event.type) {
    case 'request':
      return { ...record, state, custody: event.custody, wantedRequest: event.id };
    case 'wait':
      return {
        ...withoutTurn(record),
        state,
        custody: event.custody,
        plan: event.plan,
        dueAt: event.plan.turnAt,
      };
    case 'order': {
      const { plan: _, ...rest } = record;
      return { ...rest, state, custody: event.custody, dueAt: event.retryAt };
    }
    case 'fail':
      return failed(record, event, state, at);
    case 'issue':
      return issued(record, event, state);
    case 'advise': {
      if (record.leaf?.thumbprint !== event.thumbprint) return record;
      const { type: _, thumbprint: __, failures, ...dates } = event;
      // While something else is under way its own date stands.
      const due = record.state === 'served' && !record.replacement ? dates.dueAt : record.dueAt;
      const { checkAt: _check, checkFailures: _failures, ...rest } = record;
      return {
        ...rest,
        ...dates,
        ...(due !== undefined && { dueAt: due }),
        ...(failures > 0 && { checkFailures: failures }),
      };
    }
    case 'deliver':
    case 'serve':
      return seen(record, event, state, at);
    case 'replace':
      return { ...askedFor(record, event.request), state };
    case 'call-off':
      return calledOff(record, event.drill);
    case 'revoke':
      return revoked(record, event, state, at);
    case 'expire':
      return record.state === state ? record : { ...record, state };
    case 'withdraw': {
      if (record.state === state) return record;
      const { dueAt: _due, checkAt: _check, replacement: _replacement, ...rest } = withoutTurn(record);
      return { ...rest, state };
    }
    default:
      return event satisfies never;
  }
}

/** ISO 8601 in UTC sorts as text. */
const later = (one: string, other: string | undefined): string =>
  other !== undefined && other > one ? other : one;

function failed(
  record: CertificateRecord,
  { error, retryAt }: EventOf<'fail'>,
  state: CertificateState,
  at: string,
): CertificateRecord {
  const count = (record.failure?.count ?? 0) + 1;
  // What failed after the issue is the delivery: the new leaf keeps its own due moment.
  const next = record.state === 'ordered' ? retryAt : later(retryAt, record.dueAt);
  return { ...withoutTurn(record), state, dueAt: next, failure: { ...error, at, count } };
}

function issued(
  record: CertificateRecord,
  event: EventOf<'issue'>,
  state: CertificateState,
): CertificateRecord {
  const { type: _, leaf, ...renewal } = event;
  const isKnown = record.leaf?.thumbprint === leaf.thumbprint;
  if (isKnown && !['withdrawn', 'ordered', 'waiting'].includes(record.state))
    return record.wantedRequest === undefined ? record : withoutTurn(record);
  const { custody, replacement, mark } = record;
  // A leaf that nobody was ever served is no predecessor: the one in service stays it.
  const previous = isKnown ? record.previous : leafInService(record);
  // One that is taken up again is to be seen again.
  const { deliveredAt: _delivered, servedAt: _served, ...fresh } = leaf;
  return {
    state,
    custody,
    leaf: fresh,
    ...renewal,
    ...(previous && { previous }),
    ...(replacement && { replacement }),
    ...(mark !== undefined && { mark }),
  };
}

/** Word of the newest leaf; word of any other says nothing new. */
function seen(
  record: CertificateRecord,
  { type, thumbprint }: EventOf<'deliver' | 'serve'>,
  state: CertificateState,
  at: string,
): CertificateRecord {
  const { leaf } = record;
  const field = type === 'deliver' ? 'deliveredAt' : 'servedAt';
  if (!leaf || leaf.thumbprint !== thumbprint || leaf[field] !== undefined) return record;
  if (type === 'deliver') return { ...record, state, leaf: { ...leaf, deliveredAt: at } };
  const { previous, replacement, failure: _, ...rest } = record;
  const served = { ...rest, state, leaf: { ...leaf, servedAt: at } };
  // Asked for since this leaf was issued: it is the one to be replaced.
  if (replacement && leaf.issuedAt < replacement.requestedAt) return { ...served, replacement };
  const isOpen = replacement?.revoke === true && replacement.revokedAt === undefined;
  // Due at once: whoever waited for this may have given up, and the one before it is still to be revoked.
  return isOpen && previous ? { ...served, replacement, previous, dueAt: at } : served;
}

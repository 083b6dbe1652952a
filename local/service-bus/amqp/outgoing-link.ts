import type { Fault } from '#local/kit/faults.ts';
import type { ConnectionClaims } from '../access/connection-claims.ts';
import type { Consumer, MessageLock } from '../broker/consumer.ts';
import type { Source } from '../broker/namespace.ts';
import { loseLock, requireLocked, type Settlement, settle } from '../broker/settlement.ts';
import { type ServiceBusError, sessionLockLost } from '../service-bus-error.ts';
import type { StoredMessage } from '../store/message-store.ts';
import { encodeForDelivery } from '../wire/message.ts';
import { type Delivery, messageCodec, type Sender } from '../wire/rhea.ts';
import { asAmqpError, type LinkNode } from './node.ts';
import type { Operations } from './operations.ts';
import { settlementOf } from './outcome.ts';
import { createCredit } from './unsent-credit.ts';

/** Settle mode of the sending side: `settled` is receive-and-delete. */
const settledMode = 1;

export interface OutgoingOptions {
  link: Sender;
  path: string;
  source: Source;
  claims: ConnectionClaims;
  operations: Operations;
}

/** The end of a receiver's link: a consumer of its mailbox, and the outcomes that come back. */
export interface OutgoingLink {
  consumer: Consumer;
  node: LinkNode;
}

const outcomeOf = (kind: string): unknown => {
  if (kind === 'complete') return messageCodec.accepted().described();
  return (kind === 'dead-letter' ? messageCodec.rejected({}) : messageCodec.modified({})).described();
};

/** Answers a disposition. rhea frees the slot only when both sides say settled, and this answer is the second. */
function answer(delivery: Delivery, outcome: unknown): void {
  delivery.update(true, outcome);
  delivery.remote_settled = true;
}

export function createOutgoingLink(options: OutgoingOptions): OutgoingLink {
  const { link, path, source, claims, operations } = options;
  const { mailbox, sessions } = source;
  const requireAuthorized = () => claims.require(path, 'Listen');
  requireAuthorized();
  const credit = createCredit(link);
  /** A peer may send attach and flow in one breath, but no transfer may come before the answer to the attach. */
  const isAnswered = () => link.state.open_requests === 0;
  const lockTokens = new Map<Delivery, Buffer>();

  let closedBecause: ServiceBusError | undefined;

  const consumer: Consumer = {
    takesForGood: link.snd_settle_mode === settledMode,
    credit: () => (link.state.local_open && isAnswered() ? credit.left() : 0),
    deliver(message: StoredMessage, lock: MessageLock | undefined) {
      const state = message.state === 'locked' ? 'active' : message.state;
      const bytes = encodeForDelivery(message, { ...message, state, lockedUntil: lock?.until });
      // A tag is needed for settled deliveries too: the SDK for .NET takes it for the lock token.
      const delivery = link.send(bytes, lock?.token ?? Buffer.alloc(16), 0);
      credit.used(delivery);
      if (lock) lockTokens.set(delivery, lock.token);
    },
    close(reason: ServiceBusError) {
      closedBecause = reason;
      mailbox.consumers.delete(consumer);
      link.close(asAmqpError(reason));
    },
  };

  const settleAs = (settlement: Settlement, token: Buffer) => {
    // The peer may not have seen the link close when it settled.
    if (closedBecause) throw closedBecause;
    requireAuthorized();
    if (sessions && sessions.locks.sessionOf(consumer) === undefined) throw sessionLockLost();
    settle(mailbox, requireLocked(mailbox, sessions?.locks, token), settlement);
  };

  const node: LinkNode = {
    requireAuthorized: () => closedBecause ?? requireAuthorized(),
    onOutcome(delivery) {
      const settlement = settlementOf(delivery.remote_state);
      const token = lockTokens.get(delivery);
      if (!settlement || !token) return;
      lockTokens.delete(delivery);
      const work = (fault: Fault | undefined) => {
        if (fault?.lockLost) loseLock(source, token);
        settleAs(settlement, token);
        answer(delivery, outcomeOf(settlement.kind));
      };
      operations.run(settlement.kind, work, (reason) =>
        answer(delivery, messageCodec.rejected({ error: asAmqpError(reason) }).described()),
      );
    },
    onCredit() {
      if (!isAnswered()) setImmediate(() => isAnswered() && node.onCredit?.());
      else if (sessions) sessions.pump(consumer);
      else mailbox.pump();
    },
    onGone() {
      mailbox.consumers.delete(consumer);
      sessions?.leave(consumer);
    },
  };
  return { consumer, node };
}

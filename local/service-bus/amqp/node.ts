import type { ServiceBusError } from '../service-bus-error.ts';
import type { AmqpError, Delivery } from '../wire/rhea.ts';

/** What stands behind one link of a connection. */
export interface LinkNode {
  /** A whole message arrived; `delivery` is settled by whoever answers it. */
  onMessage?(bytes: Buffer, delivery: Delivery): void;
  /** The peer settled a delivery or said how it wants it settled. */
  onOutcome?(delivery: Delivery): void;
  onCredit?(): void;
  /** The link, its session or its connection ended, or the broker ended it; may come twice. */
  onGone?(): void;
  /** Throws when the link is no longer covered by a token. */
  requireAuthorized?(): unknown;
}

export const asAmqpError = ({ condition, message }: ServiceBusError): AmqpError => ({
  condition,
  description: message,
});

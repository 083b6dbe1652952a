import type { Delivery, Sender } from '../wire/rhea.ts';

/**
 * Credit that is really left on a link. rhea lowers `credit` when it writes a transfer, on the next tick, so
 * what was handed to it since must be taken off: one delivery too many would block every link of the session.
 * Nor may there be more deliveries than the session has slots for: rhea throws on the first beyond them.
 */
export function createCredit(link: Sender): { left(): number; used(delivery: Delivery): void } {
  const unsent: number[] = [];
  return {
    left() {
      const firstUnwritten = link.session.outgoing.next_pending_delivery;
      while (unsent.length > 0 && (unsent[0] ?? 0) < firstUnwritten) unsent.shift();
      return Math.min(link.credit - unsent.length, link.session.outgoing.available());
    },
    used: (delivery) => void unsent.push(delivery.id),
  };
}

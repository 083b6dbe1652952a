import type { Bucket, Reservation, Waiter } from './budget.ts';

const dayMs = 24 * 60 * 60_000;

/** How long a reservation is found by the flow that made it; no flow runs longer. */
const reservationMs = 30 * dayMs;

/** When a store may forget it, in milliseconds since the epoch. */
export const waiterEndsAt = ({ turnAt }: Waiter): number => Date.parse(turnAt) + dayMs;
export const reservationEndsAt = ({ at }: Reservation): number => Date.parse(at) + reservationMs;

/** A full bucket says nothing; while a token is held, it is not known when it will be full. */
export const bucketEndsAt = ({ fullAt, held = [] }: Bucket): number =>
  Math.max(fullAt, ...held.map((at) => at + reservationMs));

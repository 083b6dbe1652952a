import { eventType } from './history.ts';
import type { LiveInstance, StoredMessage } from './instance.ts';

const typeOf = ({ event }: StoredMessage) => event.EventType;

/** The messages of the next episode; empty when none may run now. Leaves the inbox as it is. */
export function takeBatch({ record, inbox }: LiveInstance): StoredMessage[] {
  const terminate = inbox.find((message) => typeOf(message) === eventType.executionTerminated);
  if (terminate) return [terminate];

  if (record.status === 'Suspended') {
    // Everything but resume and terminate waits, in the order in which it came.
    const resume = inbox.find((message) => typeOf(message) === eventType.executionResumed);
    return resume ? [resume] : [];
  }
  const suspendAt = inbox.findIndex((message) => typeOf(message) === eventType.executionSuspended);
  if (suspendAt === 0) return inbox.slice(0, 1);
  const batch = suspendAt < 0 ? [...inbox] : inbox.slice(0, suspendAt);
  // The start comes first even when an event overtook it.
  return batch.toSorted(
    (a, b) =>
      Number(typeOf(b) === eventType.executionStarted) - Number(typeOf(a) === eventType.executionStarted),
  );
}

import { describeError } from '#shared/domain/error.ts';
import type { LeaseState } from '#shared/domain/lease.ts';
import { nextMoment } from '#shared/domain/lease-transitions.ts';
import type { OrchestrationContext, RetryPolicy, Step } from '../context.ts';
import { leaseChangedEvent } from '../names.ts';
import { persistentRetries, platformRetries } from '../retry-policies.ts';
import type { LeaseActivities, LeaseSubject, SeenLease } from './activities.ts';

/** A hint may be lost; and a history of many looks costs each of them. */
const longestWaitMs = 6 * 60 * 60_000;
/** Whoever waits for a door is not kept waiting by a bus that is away: it is told with the next look, sooner than else. */
const briefRetries: RetryPolicy = [500, 2_000];
const untoldWaitMs = 60_000;
/** Between tries to take a role back, the last for ever. There are two at least: Azure may not know at once what it was given. */
const takeBackWaitsMs = [10 * 60_000, 20 * 60_000, 60 * 60_000, longestWaitMs];

/** Follows a lease: somebody else decides, it starts, is extended, ends. The record is the truth; events are hints to read it. */
export function* followLease(
  context: OrchestrationContext,
  subject: LeaseSubject,
): Step<{ state: LeaseState }> {
  const run = context.activities<LeaseActivities>(persistentRetries);
  const timed = () => ({ ...subject, at: context.now().toISOString() });
  const news = createNews(context, subject);

  // Somebody else decides, or nobody does in time.
  let lease = yield* run.advanceLease(timed());
  while (lease.state === 'requested') {
    yield* news.tell(briefRetries);
    yield* untilChange(context, lease, news.waitMs());
    lease = yield* run.advanceLease(timed());
  }

  // Its time comes. The door opens by record and clock: what is late here is the role alone.
  while (lease.state === 'approved') {
    yield* news.tell(briefRetries);
    yield* untilChange(context, lease, news.waitMs());
    if (lease.givesRole) yield* giveRole(context, subject);
    lease = yield* run.startLease(timed());
  }

  // It lasts until its end, which an extension puts off and a word of those who may brings forward.
  while (lease.state === 'active') {
    yield* news.tell(briefRetries);
    yield* untilChange(context, lease, news.waitMs());
    lease = yield* run.advanceLease(timed());
  }

  // Nothing of it is left.
  yield* run.cutLeaseSessions(subject);
  let isRoleGone = yield* takeRoleBack(context, subject);
  yield* news.tellLast();
  for (let round = 0; lease.givesRole && (round === 0 || !isRoleGone); round += 1) {
    yield* context.sleep(takeBackWaitsMs[round] ?? longestWaitMs);
    isRoleGone = yield* takeRoleBack(context, subject);
  }
  yield* run.closeLease(subject);
  return { state: lease.state };
}

/** Until the clock has something to say to it, or somebody changed it. */
function* untilChange(context: OrchestrationContext, lease: SeenLease, atMostMs: number): Step<void> {
  const now = context.now();
  const due = nextMoment(lease, now);
  const waitMs = due === undefined ? 0 : Date.parse(due) - now.getTime();
  if (waitMs > 0) yield* context.waitForEvent(leaseChangedEvent, Math.min(waitMs, atMostMs));
}

/** Where Azure does not let it be given, the lease ends there and says why. */
function* giveRole(context: OrchestrationContext, subject: LeaseSubject): Step<void> {
  const run = context.activities<LeaseActivities>(persistentRetries);
  const at = context.now().toISOString();
  try {
    yield* run.giveLeaseRole({ ...subject, at });
  } catch (caught) {
    const error = describeError(context.toAppError(caught));
    yield* run.refuseLease({ ...subject, at: context.now().toISOString(), error });
  }
}

/** Whether it is gone; where it is not, the lease says why. */
function* takeRoleBack(context: OrchestrationContext, subject: LeaseSubject): Step<boolean> {
  const run = context.activities<LeaseActivities>(platformRetries);
  const track = context.activities<LeaseActivities>(persistentRetries);
  try {
    yield* run.takeLeaseRole(subject);
    return true;
  } catch (caught) {
    const error = describeError(context.toAppError(caught));
    yield* track.noteLeaseTrouble({ ...subject, error });
    return false;
  }
}

/** What was told, and what waits for a bus that is away. */
function createNews(context: OrchestrationContext, subject: LeaseSubject) {
  let told: string[] = [];
  let failures = 0;

  function* tell(policy: RetryPolicy): Step<void> {
    const run = context.activities<LeaseActivities>(policy);
    try {
      ({ told } = yield* run.tellOfLease({ ...subject, at: context.now().toISOString(), told }));
      failures = 0;
    } catch {
      failures += 1;
    }
  }

  return {
    tell,
    /** The longest that the next look may take. */
    waitMs: () => (failures === 0 ? longestWaitMs : Math.min(untoldWaitMs * 2 ** failures, longestWaitMs)),
    *tellLast(): Step<void> {
      const run = context.activities<LeaseActivities>(persistentRetries);
      try {
        yield* run.tellOfLease({ ...subject, at: context.now().toISOString(), told });
      } catch (caught) {
        yield* run.noteUntold({ ...subject, error: describeError(context.toAppError(caught)) });
      }
    },
  };
}

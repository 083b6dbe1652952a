import {
  type AccessDecision,
  connectRight,
  decideAccess,
  type EffectiveRoles,
  rolesAt,
} from '#shared/domain/access.ts';
import type { SessionDocument } from '#shared/domain/documents.ts';
import { AppError } from '#shared/domain/error.ts';
import { inLanes } from '#shared/domain/lanes.ts';
import { isInForce } from '#shared/domain/lease.ts';
import type { SessionEndReason } from '#shared/domain/session.ts';
import type { AppPorts } from './ports.ts';

export type WatchPorts = Pick<AppPorts, 'store' | 'roles' | 'connectivity' | 'now'>;

/** A live session with the machine that it is on. */
interface Watched {
  session: SessionDocument;
  on: NonNullable<SessionDocument['on']>;
}

/** Roles are asked for anew when they are older than this. */
const freshMs = 15_000;
/** While Azure Resource Manager does not answer, what it said last counts for this long. */
const longestMs = 60_000;
const width = 8;
/** More for what has a minute: whoever waits for an answer of Azure keeps few others from theirs. */
const roleWidth = 32;

/** Nobody says who may: Azure Resource Manager does not answer, or does not let the app read it. */
const isUndecided = (error: unknown): boolean =>
  error instanceof AppError && (error.code === 'access_undecided' || error.code === 'roles_unreadable');

/** Does the work in lanes; what fails is told. */
export const withEach = <T>(
  items: Iterable<T>,
  work: (item: T) => Promise<void>,
  onFailure: (error: unknown) => void,
  lanes = width,
): Promise<void> => inLanes(items, lanes, (item) => work(item).catch(onFailure));

const groupBy = <T>(items: readonly T[], keyOf: (item: T) => string): T[][] => [
  ...Map.groupBy(items, keyOf).values(),
];

/** Ends a session for the first reason that is found. */
type End = (session: SessionDocument, reason: SessionEndReason) => Promise<void>;

/** A session of before it carried its machine: the machine's record says it. */
async function withMachines({ store }: WatchPorts, sessions: readonly SessionDocument[]): Promise<Watched[]> {
  const found = await Promise.all(
    groupBy(sessions, ({ machineId }) => machineId).map(async (held): Promise<Watched[]> => {
      const [first] = held;
      if (!first) return [];
      const machine = held.some(({ on }) => !on) ? await store.read(first.machineId, 'machine') : undefined;
      return held.flatMap((session) => {
        const on = session.on ?? machine?.document;
        return on ? [{ session, on }] : [];
      });
    }),
  );
  return found.flat();
}

/** What the holder of these sessions may, from roles that are as fresh as can be had. Throws `access_undecided`. */
async function readRoles({ roles }: WatchPorts, userId: string, subscriptionId: string) {
  try {
    return await roles.rolesIn(userId, subscriptionId, freshMs);
  } catch (error) {
    if (!isUndecided(error)) throw error;
    return roles.rolesIn(userId, subscriptionId, longestMs);
  }
}

const endAll = (held: readonly Watched[], reason: SessionEndReason, end: End): Promise<void> =>
  withEach(
    held,
    ({ session }) => end(session, reason),
    () => {},
  );

/** Decides the sessions of one person in one subscription again, all from one reading. */
async function judgeRoles(ports: WatchPorts, held: readonly Watched[], end: End): Promise<void> {
  const [first] = held;
  if (!first) return;
  let roles: EffectiveRoles;
  try {
    roles = await readRoles(ports, first.session.user.id, first.on.subscriptionId);
  } catch (error) {
    // Nobody can say that the right is there: whatever the cause, nothing stays open on an older word than a minute.
    await endAll(held, 'undecided', end);
    if (!isUndecided(error)) throw error;
    return;
  }
  const lost = held.filter(({ session, on }) => {
    const right = connectRight(session.service);
    const decision: AccessDecision = decideAccess(rolesAt(roles, on.resourceId), on.kind, right);
    return !decision.allowed;
  });
  await endAll(lost, 'right_lost', end);
}

/** The lease's own flow ends its sessions; this is for one that was interrupted. */
async function judgeLease({ store, now }: WatchPorts, { session }: Watched, end: End): Promise<void> {
  if (session.leaseId === undefined) return;
  const lease = await store.read(session.machineId, 'lease', session.leaseId);
  if (!lease || !isInForce(lease.document, now())) await end(session, 'lease_ended');
}

/** An endpoint or a service configuration that others took away in Azure closes the service (87). */
async function judgeServices(
  { connectivity }: WatchPorts,
  held: readonly Watched[],
  end: End,
): Promise<void> {
  const [first] = held;
  if (!first) return;
  const services = await connectivity.findServiceConfigurations(first.on.resourceId);
  const closed = held.filter(({ session }) => services?.[session.service] === undefined);
  await endAll(closed, 'service_closed', end);
}

/**
 * Decides every live session again and ends those that are over as soon as that is known: no question waits for the answer to
 * another. Roles are read once for each person and subscription, services once for each machine where `looksAtServices`.
 * Answers how many were over.
 */
export async function judgeSessions(
  ports: WatchPorts,
  sessions: readonly SessionDocument[],
  looksAtServices: boolean,
  endNow: End,
  onFailure: (error: unknown) => void,
): Promise<number> {
  const watched = await withMachines(ports, sessions);
  const over = new Set<string>();
  const end: End = async (session, reason) => {
    if (over.has(session.id)) return;
    over.add(session.id);
    await endNow(session, reason).catch(onFailure);
  };
  const byMachine = looksAtServices ? groupBy(watched, ({ session }) => session.machineId) : [];
  const byPerson = groupBy(watched, ({ session, on }) =>
    `${session.user.id} ${on.subscriptionId}`.toLowerCase(),
  );
  await Promise.all([
    withEach(byPerson, (held) => judgeRoles(ports, held, end), onFailure, roleWidth),
    withEach(watched, (one) => judgeLease(ports, one, end), onFailure),
    withEach(byMachine, (held) => judgeServices(ports, held, end), onFailure),
  ]);
  return over.size;
}

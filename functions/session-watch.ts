import { type AccessDecision, connectRight, decideAccess, rolesAt } from '#shared/domain/access.ts';
import type { SessionDocument } from '#shared/domain/documents.ts';
import { AppError } from '#shared/domain/error.ts';
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

/** Nobody says who may: Azure Resource Manager does not answer, or does not let the app read it. */
const isUndecided = (error: unknown): boolean =>
  error instanceof AppError && (error.code === 'access_undecided' || error.code === 'roles_unreadable');

/** Runs the work in lanes; what fails is told and keeps no other from its turn. */
export async function inLanes<T>(
  items: Iterable<T>,
  work: (item: T) => Promise<void>,
  onFailure: (error: unknown) => void,
): Promise<void> {
  const waiting = [...items];
  const lane = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      await work(next).catch(onFailure);
    }
  };
  await Promise.all(Array.from({ length: width }, lane));
}

const groupBy = <T>(items: readonly T[], keyOf: (item: T) => string): T[][] => [
  ...Map.groupBy(items, keyOf).values(),
];

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

/** Decides the sessions of one person in one subscription again, all from one reading. */
async function judgeRoles(
  ports: WatchPorts,
  held: readonly Watched[],
  over: Map<string, SessionEndReason>,
): Promise<void> {
  const [first] = held;
  if (!first) return;
  try {
    const roles = await readRoles(ports, first.session.user.id, first.on.subscriptionId);
    for (const { session, on } of held) {
      const decision: AccessDecision = decideAccess(
        rolesAt(roles, on.resourceId),
        on.kind,
        connectRight(session.service),
      );
      if (!decision.allowed) over.set(session.id, 'right_lost');
    }
  } catch (error) {
    // Nobody can say that the right is there: whatever the cause, nothing stays open on an older word than a minute.
    for (const { session } of held) over.set(session.id, 'undecided');
    if (!isUndecided(error)) throw error;
  }
}

/** The lease's own flow ends its sessions; this is for one that was interrupted. */
async function judgeLease(
  { store, now }: WatchPorts,
  { session }: Watched,
  over: Map<string, SessionEndReason>,
): Promise<void> {
  if (session.leaseId === undefined) return;
  const lease = await store.read(session.machineId, 'lease', session.leaseId);
  if (!lease || !isInForce(lease.document, now())) over.set(session.id, 'lease_ended');
}

/** An endpoint or a service configuration that others took away in Azure closes the service (87). */
async function judgeServices(
  { connectivity }: WatchPorts,
  held: readonly Watched[],
  over: Map<string, SessionEndReason>,
): Promise<void> {
  const [first] = held;
  if (!first) return;
  const services = await connectivity.findServiceConfigurations(first.on.resourceId);
  for (const { session } of held)
    if (services?.[session.service] === undefined) over.set(session.id, 'service_closed');
}

/**
 * Decides every live session again: which are over, and why. Roles are read once for each person and subscription,
 * services once for each machine where `looksAtServices`.
 */
export async function judgeSessions(
  ports: WatchPorts,
  sessions: readonly SessionDocument[],
  looksAtServices: boolean,
  onFailure: (error: unknown) => void,
): Promise<ReadonlyMap<string, SessionEndReason>> {
  const watched = await withMachines(ports, sessions);
  const over = new Map<string, SessionEndReason>();
  if (looksAtServices)
    await inLanes(
      groupBy(watched, ({ session }) => session.machineId),
      (held) => judgeServices(ports, held, over),
      onFailure,
    );
  await inLanes(watched, (one) => judgeLease(ports, one, over), onFailure);
  await inLanes(
    groupBy(watched, ({ session, on }) => `${session.user.id} ${on.subscriptionId}`.toLowerCase()),
    (held) => judgeRoles(ports, held, over),
    onFailure,
  );
  return over;
}

import type { EffectiveRoles } from '#shared/domain/access.ts';
import { AppError } from '#shared/domain/error.ts';
import type { RoleReader } from '#shared/ports/resource-manager.ts';

/** A decision is never older than this: the end of an assignment is seen within it. */
const freshMs = 60_000;
/** After a failure nobody asks again sooner, or as long as ARM said, up to a minute. */
const restMs = 2_000;
/** An answer that takes longer is none. */
const patienceMs = 10_000;
const most = 10_000;

/** What ARM said of callers, kept for a while. */
export interface KnownRoles extends RoleReader {
  /**
   * At most `maximumAgeMs` old, a minute unless told. Throws `access_undecided` when ARM does not answer and nothing
   * that young is known, `roles_unreadable` when it does not let the app read who may what.
   */
  rolesIn(principalId: string, subscriptionId: string, maximumAgeMs?: number): Promise<EffectiveRoles>;
  /** Drops what is known of a principal, or all: for an event of ours that changes roles. */
  forget(principalId?: string): void;
}

interface Known {
  principalId: string;
  usedAt: number;
  roles?: EffectiveRoles & { readAt: number };
  /** The one reading that is under way. */
  flight?: { startedAt: number; roles: Promise<EffectiveRoles & { readAt: number }> };
  failure?: { error: AppError; until: number };
}

/** ARM's silence or refusal as what it means for a decision: there is none. Anything else as it is. */
export function asUndecided(error: unknown): unknown {
  if (!(error instanceof AppError)) return error;
  const { code, facts, retryAfterMs } = error;
  const options = { facts, cause: error, ...(retryAfterMs !== undefined && { retryAfterMs }) };
  if (code === 'resource_manager_unavailable')
    return new AppError('access_undecided', `nobody can say who may: ${error.message}`, options);
  const status = facts['armStatus'];
  if (code === 'resource_manager_refused' && (status === 401 || status === 403))
    return new AppError(
      'roles_unreadable',
      `the control plane may not read roles: ${error.message}`,
      options,
    );
  return error;
}

/** The answer, or `access_undecided` when it takes too long; it is not waited for any more then. */
function inTime<T>(answer: Promise<T>): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  const late = () =>
    reject(
      new AppError('access_undecided', `Azure Resource Manager has not answered in ${patienceMs / 1000} s`),
    );
  const timer = setTimeout(late, patienceMs);
  answer.then(resolve, reject).finally(() => clearTimeout(timer));
  return promise;
}

/** Remembers what ARM said of a caller for a minute; calls that come together share one reading. */
export function rememberRoles(reader: RoleReader, now: () => number): KnownRoles {
  const entries = new Map<string, Known>();

  const entryOf = (principalId: string, subscriptionId: string): Known => {
    const key = `${principalId} ${subscriptionId}`.toLowerCase();
    const usedAt = now();
    const entry = entries.get(key) ?? { principalId: principalId.toLowerCase(), usedAt };
    entry.usedAt = usedAt;
    // Whoever was asked about last is forgotten last; what nobody has asked for in a minute is too old to be given.
    entries.delete(key);
    entries.set(key, entry);
    for (const [other, { usedAt: lastUsedAt }] of entries) {
      if (entries.size <= most && usedAt - lastUsedAt < freshMs) break;
      entries.delete(other);
    }
    return entry;
  };

  /** Ages count from the beginning of a reading: what was assigned meanwhile may be missing in it. */
  async function read(entry: Known, subscriptionId: string, readAt: number) {
    try {
      const answer = await inTime(reader.rolesIn(entry.principalId, subscriptionId));
      const roles = { ...answer, readAt };
      entry.roles = roles;
      delete entry.failure;
      return roles;
    } catch (caught) {
      const error = asUndecided(caught);
      if (error instanceof AppError) {
        const wait = Math.min(Math.max(error.retryAfterMs ?? 0, restMs), freshMs);
        entry.failure = { error, until: now() + wait };
      }
      throw error;
    }
  }

  function takeOff(entry: Known, subscriptionId: string) {
    const startedAt = now();
    const flight = { startedAt, roles: read(entry, subscriptionId, startedAt) };
    entry.flight = flight;
    const land = () => entry.flight === flight && delete entry.flight;
    flight.roles.then(land, land);
    return flight;
  }

  return {
    async rolesIn(principalId, subscriptionId, maximumAgeMs = freshMs) {
      const entry = entryOf(principalId, subscriptionId);
      const isYoung = (at: number) => {
        const age = now() - at;
        return age >= 0 && age < Math.min(maximumAgeMs, freshMs);
      };
      if (entry.roles && isYoung(entry.roles.readAt)) return entry.roles;
      // One that began too early is awaited all the same: there is one flight at a time.
      if (entry.flight && !isYoung(entry.flight.startedAt)) await entry.flight.roles.catch(() => {});
      if (entry.roles && isYoung(entry.roles.readAt)) return entry.roles;
      if (entry.failure && now() < entry.failure.until) throw entry.failure.error;
      return (entry.flight ?? takeOff(entry, subscriptionId)).roles;
    },
    forget(principalId) {
      if (principalId === undefined) return entries.clear();
      for (const [key, entry] of entries)
        if (entry.principalId === principalId.toLowerCase()) entries.delete(key);
    },
  };
}

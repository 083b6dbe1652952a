import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';
import { AppError } from '#shared/domain/error.ts';

/** From this age on a reading that is used is also renewed beside it. */
const renewMs = 5 * 60_000;
/** A key that the sign-in service withdrew is not accepted for longer than this while it answers. */
const freshMs = 10 * 60_000;
/**
 * And not for longer than this while it does not. Tokens live about as long: nobody gets a new one from a service that
 * is away, so longer patience would help nobody.
 */
const staleMs = 60 * 60_000;
/** Strangers can make up key ids: no two readings begin closer to each other than this. */
const pauseMs = 30_000;
/** The same while no key is known at all. */
const firstPauseMs = 5000;
const patienceMs = 5000;

/** Reads the published key set (RFC 7517); throws when it cannot be had. */
export type ReadKeySet = () => Promise<unknown>;

export const readKeySetFrom =
  (address: URL): ReadKeySet =>
  async () => {
    const response = await fetch(address, { redirect: 'error', signal: AbortSignal.timeout(patienceMs) });
    if (response.status !== 200) throw new Error(`${address.pathname} answered ${response.status}`);
    return response.json();
  };

/**
 * The keys that the sign-in service signs with. A key id that is not known is looked up at once, but readings are kept
 * apart by a pause; without an answer what is known goes on for an hour. Throws `sign_in_unavailable` where the key
 * could not be looked up, jose's `JWKSNoMatchingKey` where there is none.
 */
export function createSignInKeys(read: ReadKeySet, now: () => number): JWTVerifyGetKey {
  let known: { find: ReturnType<typeof createLocalJWKSet>; readAt: number } | undefined;
  let tried: { at: number; failure?: unknown } | undefined;
  let reading: Promise<void> | undefined;

  /** However the clock was set meanwhile. */
  const since = (at: number): number => Math.abs(now() - at);
  const age = (): number => (known ? since(known.readAt) : Number.POSITIVE_INFINITY);

  async function readNow(at: number): Promise<void> {
    try {
      const set = (await read()) as JSONWebKeySet;
      const find = createLocalJWKSet(set);
      if (set.keys.length === 0) throw new Error('the key set is empty');
      known = { find, readAt: at };
      tried = { at };
    } catch (failure) {
      tried = { at, failure };
    }
  }

  /** Those who come together share one reading; nobody reads within the pause. */
  async function refresh(): Promise<void> {
    const mayRead = tried === undefined || since(tried.at) >= (known ? pauseMs : firstPauseMs);
    if (!reading && mayRead) {
      reading = readNow(now()).finally(() => {
        reading = undefined;
      });
    }
    await reading;
  }

  const unavailable = () =>
    new AppError('sign_in_unavailable', 'the keys of the sign-in service cannot be read', {
      cause: tried?.failure,
    });

  return async (header, token) => {
    if (age() >= freshMs) await refresh();
    else if (age() >= renewMs) void refresh();
    if (!known || age() >= staleMs) throw unavailable();
    try {
      return await known.find(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
    }
    await refresh();
    try {
      return await known.find(header, token);
    } catch (error) {
      // Perhaps a new key: whoever could not look cannot say that there is none.
      if (error instanceof errors.JWKSNoMatchingKey && tried?.failure !== undefined) throw unavailable();
      throw error;
    }
  };
}

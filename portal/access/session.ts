import type { Failure } from '../api/failure.ts';

/** The signed-in user, and the tokens that stand for him: held in memory only, gone with the page. */
export interface Access {
  account: { name: string; userName: string };
  /** An access token with time left. Throws a `FailureError` when the sign-in service does not answer. */
  token(): Promise<string>;
  /** Gets a new token when the service refused the last one; false when that is not possible. */
  renew(): Promise<boolean>;
  /** The sign-in is over, with the refusal that ended it: the page asks for a new one. */
  end(failure: Failure): void;
  signOut(): Promise<void>;
}

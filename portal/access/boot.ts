import { type Failure, FailureError, failureOf, unexpectedReply, unreachable } from '../api/failure.ts';
import type { PortalConfig } from '../api/replies.ts';
import { lastAccount } from './round-trip.ts';
import type { Access } from './session.ts';
import { createSignIn, home, isAnswer, type SignIn } from './sign-in.ts';

/** What the page starts with. */
export type Start =
  | { state: 'signed-in'; access: Access; config: PortalConfig }
  | { state: 'signed-out'; signIn: SignIn; failure?: Failure | undefined }
  /** On the way to the sign-in page. */
  | { state: 'leaving'; signIn: SignIn }
  | { state: 'failed'; failure: Failure };

async function readConfig(): Promise<PortalConfig> {
  const address = new URL(`${home}config.json`, location.href).href;
  const response = await fetch(address).catch((cause: unknown) => {
    throw new FailureError(unreachable('The control plane', location.origin, navigator.onLine), cause);
  });
  if (!response.ok) throw new FailureError(unexpectedReply(address, response.status));
  return (await response.json()) as PortalConfig;
}

const here = (): string => `${location.pathname}${location.search}${location.hash}`;

/**
 * Signs in as far as it goes without a click: an answer of the sign-in page is redeemed and the address that was
 * asked for comes back; a tab that was signed in (a reload) goes straight to the sign-in service. `onEnd` gets what
 * to show when the sign-in is over.
 */
export async function boot(onEnd: (start: Start) => void): Promise<Start> {
  try {
    const config = await readConfig();
    const signIn = createSignIn(config);
    const url = new URL(location.href);
    if (isAnswer(url)) {
      try {
        const { access, returnTo } = await signIn.complete(url, (failure) =>
          onEnd({ state: 'signed-out', signIn, failure }),
        );
        history.replaceState(null, '', returnTo);
        return { state: 'signed-in', access, config };
      } catch (error) {
        history.replaceState(null, '', home);
        return { state: 'signed-out', signIn, failure: failureOf(error) };
      }
    }
    const hint = lastAccount.read();
    if (hint === undefined) return { state: 'signed-out', signIn };
    lastAccount.forget();
    await signIn.begin({ returnTo: here(), replace: true, hint });
    return { state: 'leaving', signIn };
  } catch (error) {
    return { state: 'failed', failure: failureOf(error) };
  }
}

export const beginHere = (signIn: SignIn): Promise<void> => signIn.begin({ returnTo: here() });

/** What must survive the way to the sign-in page and back; taken out of the tab's storage when it is read. */
export interface RoundTrip {
  state: string;
  nonce: string;
  codeVerifier: string;
  /** Path, query and fragment that the user asked for. */
  returnTo: string;
}

const tripKey = 'admin-center.sign-in';
const accountKey = 'admin-center.account';

export function keepRoundTrip(trip: RoundTrip): void {
  sessionStorage.setItem(tripKey, JSON.stringify(trip));
}

export function takeRoundTrip(): RoundTrip | undefined {
  const text = sessionStorage.getItem(tripKey);
  sessionStorage.removeItem(tripKey);
  return text === null ? undefined : (JSON.parse(text) as RoundTrip);
}

/** All that the sign-in keeps in this tab. */
export function forgetSignIn(): void {
  takeRoundTrip();
  lastAccount.forget();
}

/** The user name of this tab's last sign-in: a reload goes straight on with it. No credential. */
export const lastAccount = {
  read: (): string | undefined => sessionStorage.getItem(accountKey) ?? undefined,
  keep: (userName: string): void => sessionStorage.setItem(accountKey, userName),
  forget: (): void => sessionStorage.removeItem(accountKey),
};

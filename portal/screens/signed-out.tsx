import { useEffect, useState } from 'preact/hooks';
import { beginHere } from '../access/boot.ts';
import type { SignIn } from '../access/sign-in.ts';
import { type Failure, failureOf } from '../api/failure.ts';
import { BrowserNote } from '../components/browser-note.tsx';
import { FailureCard } from '../components/failure-card.tsx';

export function SignedOutScreen({ signIn, failure }: { signIn: SignIn; failure?: Failure | undefined }) {
  const [isLeaving, setLeaving] = useState(false);
  const [fault, setFault] = useState(failure);
  useEffect(() => {
    document.title = 'Sign in - Admin Center';
    // The way back from the sign-in page may show this very page again, as it was left.
    const restore = () => setLeaving(false);
    addEventListener('pageshow', restore);
    return () => removeEventListener('pageshow', restore);
  }, []);
  const leave = async () => {
    setLeaving(true);
    setFault(undefined);
    try {
      await beginHere(signIn);
    } catch (error) {
      setFault(failureOf(error));
      setLeaving(false);
    }
  };
  return (
    <main class="middle" id="content">
      <img src="/portal/icon.svg" alt="" width="48" height="48" />
      <h1>Admin Center</h1>
      <p>Your servers in the browser, without an open port on any of them.</p>
      <button
        type="button"
        class="button primary large"
        aria-disabled={isLeaving}
        onClick={() => !isLeaving && void leave()}
      >
        {isLeaving ? 'Going to the sign-in page' : 'Sign in'}
      </button>
      <BrowserNote />
      {fault && <FailureCard failure={fault} />}
    </main>
  );
}

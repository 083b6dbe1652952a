import { useEffect, useState } from 'preact/hooks';
import { boot, type Start } from './access/boot.ts';
import { FailureCard } from './components/failure-card.tsx';
import { TopBar } from './components/top-bar.tsx';
import { useDelayed } from './hooks/delayed.ts';
import { SignedOutScreen } from './screens/signed-out.tsx';
import { SignedIn } from './signed-in.tsx';

function Waiting() {
  const isLate = useDelayed();
  return (
    <main class="middle" id="content">
      <p role="status">{isLate ? 'Signing in' : ''}</p>
    </main>
  );
}

export function App() {
  const [start, setStart] = useState<Start>();
  const [attempt, setAttempt] = useState(0);
  useEffect(() => {
    void boot(setStart).then(setStart);
  }, [attempt]);

  if (start?.state === 'signed-in') return <SignedIn access={start.access} />;
  if (start?.state === 'signed-out') return <SignedOutScreen signIn={start.signIn} failure={start.failure} />;
  if (start?.state === 'failed') {
    return (
      <>
        <TopBar />
        <main class="content" id="content">
          <h1>Admin Center</h1>
          <FailureCard failure={start.failure} retry={() => setAttempt(attempt + 1)} />
        </main>
      </>
    );
  }
  return <Waiting />;
}

import { useEffect } from 'preact/hooks';
import { useDelayed } from '../hooks/delayed.ts';

/** Milliseconds. Longer than the service ever takes to answer a Connect. */
const patienceMs = 45_000;

/** What the new tab shows while the path is tried; the page that opened it then sends it on. */
export function OpeningScreen() {
  const isLost = useDelayed(patienceMs);
  useEffect(() => {
    document.title = 'Opening session - Admin Center';
  }, []);
  return (
    <main class="middle" id="content">
      <h1>Opening the session</h1>
      <p role="status">
        {isLost
          ? 'This takes too long. Close this tab; the one that opened it says why.'
          : 'The path to the machine is tried to its end. This tab then shows the machine.'}
      </p>
      {!isLost && <div class="progress-line" aria-hidden="true" />}
    </main>
  );
}

import { SessionCard } from '../components/session-card.tsx';
import { useNow } from '../hooks/now.ts';
import { useScreenTitle } from '../hooks/title.ts';

/** Who is on now, on every machine that the reader may see. */
export function SessionsScreen() {
  const now = useNow();
  const heading = useScreenTitle('Sessions');
  return (
    <>
      <h1 ref={heading} tabIndex={-1}>
        Sessions
      </h1>
      <SessionCard now={now} />
    </>
  );
}

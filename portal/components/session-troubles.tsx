import type { OpenSession } from '../hooks/connect.ts';

interface SessionTroublesProps {
  session: OpenSession;
  direct: string | undefined;
}

/** Requirement 117: what to do when the session is open and the tools in it do not come. */
export function SessionTroubles({ session, direct }: SessionTroublesProps) {
  return (
    <details class="troubles">
      <summary>A tool does not load?</summary>
      <ol>
        {direct !== undefined && (
          <li>
            <strong>The tab finds no site:</strong> this computer does not reach {direct}. Connect its VPN,
            and look at the rules of the network; a rule that is new takes up to two minutes to work.
          </li>
        )}
        <li>
          <strong>One tool does not load:</strong> go to another tool in the tab and back.
        </li>
        <li>
          <strong>No tool loads:</strong> the network between is in trouble. Close the tab, end the session
          here, and connect again: the path is then tried to its end, and the hop that fails is named.
        </li>
        <li>
          <strong>Still none:</strong> ask for support, with the session’s id <code>{session.sessionId}</code>{' '}
          and the time.
        </li>
      </ol>
    </details>
  );
}

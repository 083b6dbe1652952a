import { useCallback, useState } from 'preact/hooks';
import { type Failure, FailureError, failureOf } from '../api/failure.ts';
import type { MachinesApi } from '../api/machines.ts';
import { addresses } from '../navigation/routes.ts';
import { usePortal } from './portal.ts';

export interface OpenSession {
  machineId: string;
  sessionId: string;
  expiresAt: string;
  /** What is too young to work everywhere (requirements 115 and 134). */
  advice?: string | undefined;
  /** Set when the browser gave us no tab: the address opens once, within a minute. */
  blockedUrl?: string;
}

export type Connection =
  | { state: 'idle' }
  | { state: 'opening'; machineId: string }
  | { state: 'open'; machineId: string; session: OpenSession }
  | { state: 'failed'; machineId: string; failure: Failure };

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * A tab of our own, opened while the click is still being handled: later the browser would block it. Cut off from
 * this page before a foreign page is shown in it.
 */
function openTab(): Window | undefined {
  const tab = window.open(addresses.opening(), '_blank');
  if (!tab) return undefined;
  tab.opener = null;
  return tab;
}

const notOpened = (state: string): Failure => ({
  title: 'The session was not opened',
  detail: `The session ended as ${state} before it had an address.`,
  code: 'session_not_opened',
  hop: 'control plane',
  remedy: 'Connect again: the answer then names the hop that fails.',
  retryable: true,
});

/** Asks for a session and waits until it has a URL. */
async function openSession(api: MachinesApi, machineId: string): Promise<OpenSession & { url: string }> {
  const begun = await api.connect(machineId);
  if (begun.state === 'open') return { machineId, ...begun.session };
  const { sessionId, lookAgainMs } = begun;
  for (;;) {
    await wait(lookAgainMs);
    const session = await api.session(machineId, sessionId);
    if (session.url !== undefined)
      return {
        machineId,
        sessionId,
        url: session.url,
        expiresAt: session.expiresAt,
        advice: session.advice,
      };
    if (session.error) throw new FailureError(session.error);
    if (session.state !== 'opening') throw new FailureError(notOpened(session.state));
  }
}

/** Connect in one click, from a row or from the machine's own screen. */
export function useConnect(onTried?: () => void) {
  const { api, announce } = usePortal();
  const [connection, setConnection] = useState<Connection>({ state: 'idle' });

  const run = useCallback(
    async (machineId: string, open: () => Promise<OpenSession & { url: string }>) => {
      const tab = openTab();
      setConnection({ state: 'opening', machineId });
      announce('Opening the session: the path is tried to its end first.');
      try {
        const { url, ...session } = await open();
        const isShown = tab !== undefined && !tab.closed;
        if (isShown) tab.location.replace(url);
        setConnection({
          state: 'open',
          machineId,
          session: { ...session, ...(!isShown && { blockedUrl: url }) },
        });
        announce(
          isShown ? 'The session is open in a new tab.' : 'The browser blocked the new tab: use the link.',
        );
      } catch (error) {
        tab?.close();
        setConnection({ state: 'failed', machineId, failure: failureOf(error) });
      }
      onTried?.();
    },
    [api],
  );

  return {
    connection,
    connect: ({ id }: { id: string }) => void run(id, () => openSession(api, id)),
    /** The same session in another tab, by a new ticket. */
    reopen: ({ machineId, sessionId }: OpenSession) =>
      void run(machineId, async () => {
        const { url, state, expiresAt, advice } = await api.session(machineId, sessionId);
        if (url === undefined) throw new FailureError(notOpened(state));
        return { machineId, sessionId, expiresAt, url, advice };
      }),
    end: async ({ machineId, sessionId }: OpenSession) => {
      try {
        await api.endSession(machineId, sessionId);
        setConnection({ state: 'idle' });
        announce('The session is ended: its connections are cut.');
      } catch (error) {
        setConnection({ state: 'failed', machineId, failure: failureOf(error) });
      }
    },
    dismiss: () => setConnection({ state: 'idle' }),
  };
}

export type Connect = ReturnType<typeof useConnect>;

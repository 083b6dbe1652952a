import { app, type InvocationContext } from '@azure/functions';
import { commitAudited } from '#orchestrations/audit-trail.ts';
import { revokeSession, serviceActor } from '#orchestrations/revoke-sessions.ts';
import type { SessionDocument } from '#shared/domain/documents.ts';
import { AppError } from '#shared/domain/error.ts';
import { closed } from '../messages/session-counts.ts';
import type { AppPorts, PortsProvider } from '../ports.ts';
import { judgeSessions, withEach } from '../session-watch.ts';

/** Three times a minute: the end of a role assignment is felt well within sixty seconds (96). */
const schedule = '5,25,45 * * * * *';
/** More live sessions than a stamp is made for. */
const most = 20_000;
/** A machine has this long to say its last count of a session whose time is up. */
const lastCountMs = 2 * 60_000;
/** Services are asked about once a minute: that is one call to Azure for each machine with a session. */
const servicesEveryMs = 60_000;

/** The machine did not say its last count in time: the session is closed with the last one that is known. */
async function settle(ports: AppPorts, session: SessionDocument): Promise<void> {
  const stored = await ports.store.read(session.machineId, 'session', session.key);
  if (!stored || stored.document.settled) return;
  const at = new Date(stored.document.expiresAt * 1000).toISOString();
  const { document, entry } = closed(
    stored.document,
    { at, reason: 'expired' },
    'the machine did not say its last count',
  );
  try {
    await commitAudited(ports, session.machineId, [{ replace: document, etag: stored.etag }], {
      ...entry,
      actor: serviceActor,
    });
  } catch (error) {
    // The machine has just said it, or the next tick does it.
    if (!(error instanceof AppError) || error.code !== 'etag_mismatch') throw error;
  }
}

/** Decides the live sessions again and ends those whose reason to be open is gone; closes those whose time is up. */
export async function watchSessions(
  ports: AppPorts,
  looksAtServices: boolean,
  context: Pick<InvocationContext, 'info' | 'warn'>,
): Promise<void> {
  const sessions = await ports.store.findSessions('live', most);
  const nowMs = ports.now().getTime();
  const failures: unknown[] = [];
  const onFailure = (error: unknown) => void failures.push(error);
  const live = sessions.filter(({ expiresAt }) => expiresAt * 1000 > nowMs);
  const over = await judgeSessions(
    ports,
    live,
    looksAtServices,
    (session, reason) => revokeSession(ports, { actor: serviceActor, reason }, session),
    onFailure,
  );
  const silent = sessions.filter(({ expiresAt }) => expiresAt * 1000 + lastCountMs <= nowMs);
  await withEach(silent, (session) => settle(ports, session), onFailure);
  if (over > 0) context.info(`${over} of ${live.length} live sessions were ended`);
  if (failures.length > 0)
    context.warn(`watching sessions: ${failures.length} failed, the first: ${String(failures[0])}`);
}

export function registerSessionWatch(provider: PortsProvider): void {
  let servicesAt = 0;
  app.timer('watchSessions', {
    schedule,
    handler: async (_, context) => {
      const ports = provider();
      const now = ports.now().getTime();
      const looksAtServices = now - servicesAt >= servicesEveryMs - 1_000;
      if (looksAtServices) servicesAt = now;
      await watchSessions(ports, looksAtServices, context);
    },
  });
}

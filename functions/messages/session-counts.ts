import { commitAudited } from '#orchestrations/audit-trail.ts';
import type { AuditEntry } from '#shared/domain/audit.ts';
import type { SessionDocument } from '#shared/domain/documents.ts';
import { AppError } from '#shared/domain/error.ts';
import { inLanes } from '#shared/domain/lanes.ts';
import type { SessionUsage } from '#shared/domain/session.ts';
import type { AgentReport, SessionCount } from '#shared/protocol/agent-messages.ts';
import type { AppPorts } from '../ports.ts';

type CountPorts = Pick<AppPorts, 'store' | 'now' | 'newId' | 'secrets'>;

/** Counts of one report that are written at the same time. */
const width = 8;
const rounds = 8;

const usageOf = (
  { bytesUp, bytesDown, connections, lastActiveAt }: SessionCount,
  reportedAt: string,
): SessionUsage => ({
  bytesUp,
  bytesDown,
  connections,
  ...(lastActiveAt !== undefined && { lastActiveAt }),
  reportedAt,
});

/** The session with its last count, and the record that it is closed; bytes and seconds are those of its whole life. */
export function closed(
  session: SessionDocument,
  end: NonNullable<SessionDocument['end']>,
  detail: string,
): { document: SessionDocument; entry: AuditEntry } {
  const { id: sessionId, machineId, service, createdAt, usage, user } = session;
  const isOpen = session.state === 'open' || session.state === 'opening';
  const ended = session.end ?? end;
  return {
    document: { ...session, ...(isOpen && { state: 'ended' }), end: ended, settled: true },
    entry: {
      actor: { id: machineId, name: 'the agent of the machine', kind: 'agent' },
      action: 'session close',
      outcome: 'succeeded',
      session: {
        sessionId,
        service,
        seconds: Math.max(0, Math.round(Date.parse(end.at) / 1000 - createdAt)),
        bytesUp: usage?.bytesUp ?? 0,
        bytesDown: usage?.bytesDown ?? 0,
        endReason: ended.reason,
      },
      detail: `${detail}: the session of ${user.name}`,
    },
  };
}

async function takeCount(
  ports: CountPorts,
  machineId: string,
  count: SessionCount,
  reportedAt: string,
): Promise<void> {
  for (let round = 1; ; round += 1) {
    const found = await ports.store.read(machineId, 'session', count.sessionId);
    // It never existed, or is forgotten: an agent tells of its own sessions and makes none.
    if (!found || found.document.settled) return;
    const session = { ...found.document, usage: usageOf(count, reportedAt) };
    const { etag } = found;
    try {
      if (count.ended) {
        const { document, entry } = closed(session, count.ended, 'counted by the machine');
        await commitAudited(ports, machineId, [{ replace: document, etag }], entry);
      } else {
        await ports.store.commit(machineId, [{ replace: session, etag }]);
      }
      return;
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'etag_mismatch' || round === rounds) throw error;
    }
  }
}

/** What the machine counted in its sessions. The same report again changes nothing. */
export async function takeSessionCounts(
  ports: CountPorts,
  machineId: string,
  { sessions = [], at }: Pick<AgentReport, 'sessions' | 'at'>,
): Promise<void> {
  await inLanes(sessions, width, (count) => takeCount(ports, machineId, count, at));
}

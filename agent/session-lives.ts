import type { ServiceName } from '#shared/domain/machine.ts';
import { sessionLifetime } from '#shared/domain/session.ts';
import type { Logger } from '#shared/runtime/logger.ts';
import type { AgentClock } from './clock.ts';
import type { DoorSessions } from './door-sessions.ts';
import type { CountedSocket, SessionEnd, SessionMeter } from './session-meter.ts';
import type { VirtualAccounts } from './virtual-accounts.ts';

export interface SessionLivesOptions {
  sessions: DoorSessions;
  meter: SessionMeter;
  accounts: Pick<VirtualAccounts, 'release'>;
  clock: AgentClock;
  logger: Logger;
  /** Cuts the live streams of a session; answers how many. */
  cut(sessionId: string): number;
}

/** When sessions begin and end on this machine, and all that comes with either. */
export interface SessionLives {
  /** Somebody is let in. Unix seconds. */
  begin(sessionId: string, service: ServiceName, endsAt: number): void;
  /** A stream of SSH, which has neither ticket nor time on this machine: it ends at the latest when any session does. */
  beginRaw(sessionId: string, service: ServiceName, socket: CountedSocket): void;
  attach(sessionId: string, socket: CountedSocket): void;
  revoke(sessionId: string, until: number): Promise<void>;
  /** Ends each live session for which there is a reason. */
  review(reasonToEnd: (service: ServiceName) => SessionEnd | undefined): void;
  close(): Promise<void>;
}

export function createSessionLives(options: SessionLivesOptions): SessionLives {
  const { sessions, meter, accounts, clock, logger } = options;
  const timers = new Map<string, NodeJS.Timeout>();

  /** Counted first: what is cut counts no more. Nobody is let in by it any more, across a restart too. */
  function end(sessionId: string, service: ServiceName, reason: SessionEnd): void {
    clearTimeout(timers.get(sessionId));
    timers.delete(sessionId);
    meter.end(sessionId, service, reason);
    logger.log('session.ended', { sessionId, reason, cut: options.cut(sessionId) });
    accounts.release(sessionId);
  }

  /** Live connections, WebSockets too, do not outlive their session. */
  function endInTime(sessionId: string, service: ServiceName, endsAt: number): void {
    clearTimeout(timers.get(sessionId));
    const leftMs = Math.max(endsAt * 1000 - clock.now(), 0);
    // The clock may have been set back meanwhile.
    const look = () =>
      endsAt > clock.nowSeconds()
        ? endInTime(sessionId, service, endsAt)
        : end(sessionId, service, 'expired');
    timers.set(sessionId, setTimeout(look, leftMs).unref());
  }

  function begin(sessionId: string, service: ServiceName, endsAt: number): void {
    meter.begin(sessionId, service, endsAt);
    endInTime(sessionId, service, endsAt);
  }

  /** Until when it must be remembered that a session is over. */
  const latestEnd = (sessionId: string): number =>
    sessions.ends().get(sessionId) ?? clock.nowSeconds() + sessionLifetime.maximum;

  // Those of before a restart; of one that was ended just before it, the end was not written down everywhere.
  // One whose time was up before is told of where it was not, by the meter's own record, and never begun again.
  for (const [sessionId, endsAt] of sessions.ends())
    if (endsAt > clock.nowSeconds()) begin(sessionId, 'WAC', endsAt);
  for (const { sessionId, service, endsAt } of meter.live())
    if (sessions.isRevoked(sessionId)) end(sessionId, service, 'revoked');
    else endInTime(sessionId, service, endsAt);

  return {
    begin,
    beginRaw(sessionId, service, socket) {
      if (!meter.live().some((one) => one.sessionId === sessionId))
        begin(sessionId, service, clock.nowSeconds() + sessionLifetime.maximum);
      meter.attach(sessionId, socket, 'service');
    },
    attach: (sessionId, socket) => meter.attach(sessionId, socket, 'browser'),
    async revoke(sessionId, until) {
      // The event comes again until it is taken off its queue.
      if (sessions.isRevoked(sessionId)) return;
      if (until <= clock.nowSeconds()) return sessions.revoke(sessionId, until);
      const service = meter.live().find((one) => one.sessionId === sessionId)?.service ?? 'WAC';
      const revoked = sessions.revoke(sessionId, until);
      end(sessionId, service, 'revoked');
      await revoked;
    },
    review(reasonToEnd) {
      for (const { sessionId, service } of meter.live()) {
        const reason = reasonToEnd(service);
        if (reason === undefined) continue;
        const kept = sessions.revoke(sessionId, latestEnd(sessionId));
        end(sessionId, service, reason);
        kept.catch((error: unknown) => logger.log('door.unsaved', { error }));
      }
    },
    async close() {
      for (const timer of timers.values()) clearTimeout(timer);
      await meter.close();
    },
  };
}

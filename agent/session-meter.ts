import type { ServiceName } from '#shared/domain/machine.ts';
import { type SessionCount, sessionsPerReport } from '#shared/protocol/agent-messages.ts';
import type { SessionCountFile, SessionRecord } from './session-count-file.ts';

/** How often open connections are looked at while there are any: reports and the file follow. */
const sampleMs = 10_000;
/** Connections that are cut take a moment to say how much they carried. */
const lastCountMs = 1_000;

export type SessionEnd = NonNullable<SessionCount['ended']>['reason'];

/** A connection that counts by itself what it carries. */
export interface CountedSocket {
  readonly bytesRead: number;
  readonly bytesWritten: number;
  readonly destroyed: boolean;
  once(event: 'close', listener: () => void): unknown;
}

export interface SessionMeterOptions {
  file: SessionCountFile;
  now(): number;
  /** There is something new for a report. */
  onNews(): void;
  sampleMs?: number;
}

/**
 * What each session carried, from the counters that sockets keep anyway: nothing is done on the way of a byte. It
 * outlives a restart of the agent, except for the seconds before one that nobody asked for.
 */
export interface SessionMeter {
  /** Begins to count, or goes on. `endsAt` in Unix seconds. */
  begin(sessionId: string, service: ServiceName, endsAt: number): void;
  /** A connection of a session; `side` is at whose end of it the socket is. The same socket again changes nothing. */
  attach(sessionId: string, socket: CountedSocket, side: 'browser' | 'service'): void;
  /** For good, once: later ones change nothing. */
  end(sessionId: string, service: ServiceName, reason: SessionEnd): void;
  /** Those that have not ended. */
  live(): { sessionId: string; service: ServiceName; endsAt: number }[];
  /** For one report: those that ended first. */
  news(): SessionCount[];
  /** The control plane has them. */
  told(counts: readonly SessionCount[]): void;
  close(): Promise<void>;
}

interface OpenSession {
  record: SessionRecord;
  sockets: Map<CountedSocket, 'browser' | 'service'>;
  /** As last seen, to know whether something moved. */
  seenBytes: number;
  /** What the control plane has, as text. */
  told?: string;
  /** Waits for its last connections. */
  isSettling?: boolean;
}

const iso = (at: number): string => new Date(at).toISOString();

const bytesOf = (socket: CountedSocket, side: 'browser' | 'service') =>
  side === 'browser'
    ? { up: socket.bytesRead, down: socket.bytesWritten }
    : { up: socket.bytesWritten, down: socket.bytesRead };

function totalsOf({ record, sockets }: OpenSession): { bytesUp: number; bytesDown: number } {
  let { bytesUp, bytesDown } = record;
  for (const [socket, side] of sockets) {
    const { up, down } = bytesOf(socket, side);
    bytesUp += up;
    bytesDown += down;
  }
  return { bytesUp, bytesDown };
}

function countOf(session: OpenSession): SessionCount {
  const { sessionId, lastActiveAt, ended } = session.record;
  return {
    sessionId,
    ...totalsOf(session),
    connections: session.sockets.size,
    ...(lastActiveAt !== undefined && { lastActiveAt }),
    ...(ended && { ended }),
  };
}

export function createSessionMeter(options: SessionMeterOptions): SessionMeter {
  const { file, now, onNews } = options;
  const sessions = new Map<string, OpenSession>();
  for (const record of file.kept())
    sessions.set(record.sessionId, { record, sockets: new Map(), seenBytes: 0 });
  let timer: NodeJS.Timeout | undefined;

  const isNews = (session: OpenSession): boolean =>
    !session.isSettling && JSON.stringify(countOf(session)) !== session.told;
  const recordsNow = () => [...sessions.values()].map((one) => ({ ...one.record, ...totalsOf(one) }));
  const save = () => file.write(recordsNow());

  /** Notes whether something moved since the last look. */
  function see(session: OpenSession): boolean {
    const { bytesUp, bytesDown } = totalsOf(session);
    if (bytesUp + bytesDown === session.seenBytes) return false;
    session.seenBytes = bytesUp + bytesDown;
    session.record.lastActiveAt = iso(now());
    return true;
  }

  function sample(): void {
    const all = [...sessions.values()];
    if (all.map(see).includes(true)) void save();
    if (all.some(isNews)) onNews();
    else if (all.every(({ sockets }) => sockets.size === 0)) stopSampling();
  }

  function stopSampling(): void {
    clearInterval(timer);
    timer = undefined;
  }

  function sampleOn(): void {
    timer ??= setInterval(sample, options.sampleMs ?? sampleMs).unref();
  }

  function detach(session: OpenSession, socket: CountedSocket): void {
    const side = session.sockets.get(socket);
    if (side === undefined) return;
    see(session);
    const { up, down } = bytesOf(socket, side);
    session.sockets.delete(socket);
    session.record.bytesUp += up;
    session.record.bytesDown += down;
    if (session.isSettling && session.sockets.size === 0) settle(session);
  }

  /** The last count of a session that has ended. */
  function settle(session: OpenSession): void {
    if (!session.isSettling) return;
    see(session);
    Object.assign(session.record, totalsOf(session));
    session.sockets.clear();
    session.isSettling = false;
    void save();
    onNews();
  }

  function begin(sessionId: string, service: ServiceName, endsAt: number): OpenSession {
    const known = sessions.get(sessionId);
    if (known) return known;
    const record: SessionRecord = { sessionId, service, endsAt, bytesUp: 0, bytesDown: 0 };
    const session: OpenSession = { record, sockets: new Map(), seenBytes: 0 };
    sessions.set(sessionId, session);
    return session;
  }

  // What was not told before the restart is told now.
  if ([...sessions.values()].some(({ record }) => record.ended)) sampleOn();

  return {
    begin(sessionId, service, endsAt) {
      begin(sessionId, service, endsAt);
      sampleOn();
    },
    attach(sessionId, socket, side) {
      const session = sessions.get(sessionId);
      if (!session || session.record.ended || socket.destroyed || session.sockets.has(socket)) return;
      session.sockets.set(socket, side);
      socket.once('close', () => detach(session, socket));
      sampleOn();
    },
    end(sessionId, service, reason) {
      const session = begin(sessionId, service, Math.floor(now() / 1000));
      if (session.record.ended) return;
      const at = reason === 'expired' ? Math.min(now(), session.record.endsAt * 1000) : now();
      session.record.ended = { at: iso(at), reason };
      session.isSettling = true;
      void save();
      if (session.sockets.size === 0) settle(session);
      else setTimeout(settle, lastCountMs, session).unref();
    },
    live: () =>
      [...sessions.values()]
        .filter(({ record }) => !record.ended)
        .map(({ record: { sessionId, service, endsAt } }) => ({ sessionId, service, endsAt })),
    news() {
      const all = [...sessions.values()].filter(isNews);
      const ended = all.filter(({ record }) => record.ended);
      return [...ended, ...all.filter(({ record }) => !record.ended)]
        .slice(0, sessionsPerReport)
        .map(countOf);
    },
    told(counts) {
      for (const count of counts) {
        const session = sessions.get(count.sessionId);
        if (session) session.told = JSON.stringify(count);
        if (count.ended) sessions.delete(count.sessionId);
      }
      if (counts.some(({ ended }) => ended)) void save();
      if ([...sessions.values()].some((one) => one.record.ended && isNews(one))) onNews();
    },
    async close() {
      stopSampling();
      for (const session of sessions.values()) see(session);
      await file.close(recordsNow());
    },
  };
}

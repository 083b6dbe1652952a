import { createHash, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { z } from 'zod';
import type { Ticket } from '#shared/protocol/ticket.ts';
import { readIfPresent, writeDurably } from './durable-file.ts';

const sessionRecord = z.object({
  sessionId: z.string(),
  user: z.string(),
  /** Object id in Entra. */
  userId: z.string().optional(),
  /** The session's own name; the cookie is good for no other. */
  hostName: z.string(),
  /** Unix seconds. */
  endsAt: z.number(),
});
export type DoorSession = z.infer<typeof sessionRecord>;

const doorFile = z.object({
  /** By ticket id, until when the id must be remembered (Unix seconds). */
  usedTickets: z.record(z.string(), z.number()),
  /** By SHA-256 of the cookie: the file opens no session. */
  sessions: z.record(z.string(), sessionRecord),
  /** By session id, until when. */
  revoked: z.record(z.string(), z.number()),
});

/** A verifier accepts a ticket a little after its expiry (clock tolerance); its id is kept longer than that. */
const rememberSeconds = 60;

/** Who is let in, which tickets were used, which sessions are revoked. It survives a restart of the agent. */
export interface DoorSessions {
  /** False when the ticket was used before. True takes it: no later call gets it, and no restart brings it back. */
  takeTicket(ticket: Ticket): boolean;
  /** The value for a new cookie. Resolves when it is on the disk, and the ticket's use with it. */
  open(ticket: Ticket, hostName: string): Promise<{ cookie: string; session: DoorSession }>;
  find(cookie: string, hostName: string): DoorSession | undefined;
  isRevoked(sessionId: string): boolean;
  revoke(sessionId: string, expiresAt: number): Promise<void>;
  /** Ends of the open sessions, Unix seconds by session id. */
  ends(): ReadonlyMap<string, number>;
}

const hash = (cookie: string): string => createHash('sha256').update(cookie).digest('base64url');

function prune(values: Map<string, number>, nowSeconds: number): void {
  for (const [key, until] of values) if (until <= nowSeconds) values.delete(key);
}

export async function openDoorSessions(
  dataDirectory: string,
  nowSeconds: () => number,
): Promise<DoorSessions> {
  const file = join(dataDirectory, 'door.json');
  const text = await readIfPresent(file);
  const kept =
    text === undefined ? { usedTickets: {}, sessions: {}, revoked: {} } : doorFile.parse(JSON.parse(text));
  const usedTickets = new Map(Object.entries(kept.usedTickets));
  const sessions = new Map(Object.entries(kept.sessions));
  const revoked = new Map(Object.entries(kept.revoked));
  let writing: Promise<void> = Promise.resolve();

  /** One write after the other, each with the state at its own start. */
  function save(): Promise<void> {
    const next = writing.then(async () => {
      const now = nowSeconds();
      prune(usedTickets, now);
      prune(revoked, now);
      for (const [key, session] of sessions) if (session.endsAt <= now) sessions.delete(key);
      const state: z.infer<typeof doorFile> = {
        usedTickets: Object.fromEntries(usedTickets),
        sessions: Object.fromEntries(sessions),
        revoked: Object.fromEntries(revoked),
      };
      await writeDurably(file, JSON.stringify(state));
    });
    writing = next.catch(() => undefined);
    return next;
  }

  return {
    takeTicket(ticket) {
      if (usedTickets.has(ticket.id)) return false;
      usedTickets.set(ticket.id, ticket.expiresAt + rememberSeconds);
      return true;
    },
    async open(ticket, hostName) {
      const cookie = randomBytes(32).toString('base64url');
      const session: DoorSession = {
        sessionId: ticket.sessionId,
        user: ticket.user,
        ...(ticket.userId !== undefined && { userId: ticket.userId }),
        hostName,
        endsAt: ticket.sessionEndsAt,
      };
      sessions.set(hash(cookie), session);
      await save();
      return { cookie, session };
    },
    find(cookie, hostName) {
      const session = sessions.get(hash(cookie));
      return session?.hostName === hostName ? session : undefined;
    },
    isRevoked: (sessionId) => revoked.has(sessionId),
    async revoke(sessionId, expiresAt) {
      revoked.set(sessionId, expiresAt);
      for (const [key, session] of sessions) if (session.sessionId === sessionId) sessions.delete(key);
      await save();
    },
    ends: () => new Map([...sessions.values()].map((session) => [session.sessionId, session.endsAt])),
  };
}

import { errors } from 'jose';
import type { AgentState } from '#shared/protocol/agent-messages.ts';
import { type Ticket, verifyTicket } from '#shared/protocol/ticket.ts';
import type { DoorRefusal } from './door-refusals.ts';
import type { DoorSession, DoorSessions } from './door-sessions.ts';
import { type NamedState, namesOf, placeOf } from './host-names.ts';

/** Where the request came in: the session of the stream, and the name of its TLS connection. */
export interface DoorPlace {
  sessionId: string;
  service: string;
  hostName: string;
}

export type TicketKeys = NamedState & Pick<AgentState, 'ticketKeys'>;

/** What has to be there before somebody is let in; rejects when it cannot be. */
export type Prepare = (ticket: Ticket) => Promise<void>;

type Redemption = { cookie: string; session: DoorSession; ticket: Ticket } | { refusal: DoorRefusal };

/** `verifyTicket` keeps the library's error as its cause. */
function refusalOf(error: unknown): DoorRefusal {
  const cause = error instanceof Error ? error.cause : undefined;
  if (cause instanceof errors.JWTExpired) return 'ticket_expired';
  const isForeign = cause instanceof errors.JWTClaimValidationFailed && cause.claim === 'aud';
  return isForeign ? 'ticket_foreign' : 'ticket_invalid';
}

/** Turns a ticket into a cookie, once. The ticket must be for the name it is brought to, this session and service. */
export async function redeemTicket(
  sessions: DoorSessions,
  keys: TicketKeys,
  place: DoorPlace,
  token: string,
  nowSeconds: number,
  prepare: Prepare,
): Promise<Redemption> {
  const machineName = placeOf(namesOf(keys), place.hostName)?.names.machineName;
  if (machineName === undefined) return { refusal: 'ticket_foreign' };
  let ticket: Ticket;
  try {
    ticket = await verifyTicket(keys.ticketKeys, machineName, token, nowSeconds);
  } catch (error) {
    return { refusal: refusalOf(error) };
  }
  if (ticket.sessionId !== place.sessionId || ticket.service !== place.service)
    return { refusal: 'ticket_foreign' };
  if (sessions.isRevoked(ticket.sessionId)) return { refusal: 'session_revoked' };
  if (ticket.sessionEndsAt <= nowSeconds) return { refusal: 'session_ended' };
  if (!sessions.takeTicket(ticket)) return { refusal: 'ticket_used' };
  try {
    await prepare(ticket);
  } catch {
    return { refusal: 'account_failed' };
  }
  // It may have been closed meanwhile.
  if (sessions.isRevoked(ticket.sessionId)) return { refusal: 'session_revoked' };
  return { ...(await sessions.open(ticket, place.hostName)), ticket };
}

/** The session that the cookie opens at this place, or why there is none. */
export function admit(
  sessions: DoorSessions,
  place: DoorPlace,
  cookie: string | undefined,
  nowSeconds: number,
): DoorSession | DoorRefusal {
  if (sessions.isRevoked(place.sessionId)) return 'session_revoked';
  const session = cookie === undefined ? undefined : sessions.find(cookie, place.hostName);
  if (session?.sessionId !== place.sessionId) return 'session_missing';
  return session.endsAt <= nowSeconds ? 'session_ended' : session;
}

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { DoorRefusal } from './door-refusals.ts';
import type { DoorSession, DoorSessions } from './door-sessions.ts';
import type { Forwarder } from './forwarder.ts';
import { sendPage, writePage } from './page-reply.ts';
import { pageHeaders, refusalPage } from './pages.ts';
import { readSessionCookie, sessionSetCookie } from './session-cookie.ts';
import { admit, type DoorPlace, redeemTicket, type TicketKeys } from './tickets.ts';

const ticketPath = '/_session';
/** After these nothing more can come on the connection. */
const endsConnection: readonly DoorRefusal[] = ['session_ended', 'session_revoked'];

export interface DoorRequestOptions {
  sessions: DoorSessions;
  forwarder: Forwarder;
  nowSeconds(): number;
  /** As the control plane last said. */
  keys(): TicketKeys | undefined;
  /** The local port of a service, or undefined when there is none. */
  portOf(service: string): number | undefined;
  onOpened(place: DoorPlace, user: string, endsAt: number): void;
  onRefused(place: DoorPlace, code: DoorRefusal): void;
}

/** Decides each HTTP request of a session: open it with a ticket, pass it on with the cookie, or say why not. */
export interface DoorRequests {
  handle(request: IncomingMessage, response: ServerResponse, place: DoorPlace): Promise<void>;
  handleUpgrade(request: IncomingMessage, socket: Socket, head: Buffer, place: DoorPlace): void;
}

const withoutPort = (host: string): string => host.replace(/:\d+$/, '').toLowerCase();

/**
 * Browsers reuse a connection for every name that its certificate covers (RFC 9110 section 7.4): a request for
 * another session's name must not be answered here. An absolute target (RFC 9112 section 3.2.2) counts before Host
 * and is made relative.
 */
export function isForHost(request: Pick<IncomingMessage, 'url' | 'headers'>, hostName: string): boolean {
  const url = request.url ?? '/';
  if (!url.startsWith('/') && url !== '*') {
    const absolute = URL.parse(url);
    if (absolute?.hostname !== hostName) return false;
    request.url = `${absolute.pathname}${absolute.search}`;
  }
  return withoutPort(request.headers.host ?? '') === hostName;
}

export function createDoorRequests(options: DoorRequestOptions): DoorRequests {
  const { sessions, forwarder, nowSeconds } = options;

  function refuse(response: ServerResponse, place: DoorPlace, code: DoorRefusal): void {
    options.onRefused(place, code);
    sendPage(response, refusalPage(code), endsConnection.includes(code));
  }

  function redirectHome(response: ServerResponse, cookie?: string): void {
    response.writeHead(302, {
      ...pageHeaders,
      location: '/',
      'content-length': 0,
      ...(cookie !== undefined && { 'set-cookie': sessionSetCookie(cookie) }),
    });
    response.end();
  }

  const entered = (request: IncomingMessage, place: DoorPlace): DoorSession | DoorRefusal =>
    admit(sessions, place, readSessionCookie(request.headers.cookie), nowSeconds());

  async function openSession(request: IncomingMessage, response: ServerResponse, place: DoorPlace) {
    if (request.method !== 'GET') return refuse(response, place, 'method_not_allowed');
    // Whoever comes back to the link with the session open is let through; the ticket is not looked at again.
    if (typeof entered(request, place) === 'object') return redirectHome(response);
    const token = new URLSearchParams((request.url ?? '').split('?', 2)[1]).get('ticket');
    if (!token) return refuse(response, place, 'ticket_missing');
    const keys = options.keys();
    if (!keys) return refuse(response, place, 'ticket_invalid');
    const redeemed = await redeemTicket(sessions, keys, place, token, nowSeconds());
    if ('refusal' in redeemed) return refuse(response, place, redeemed.refusal);
    options.onOpened(place, redeemed.ticket.user, redeemed.ticket.sessionEndsAt);
    return redirectHome(response, redeemed.cookie);
  }

  return {
    async handle(request, response, place) {
      if (!isForHost(request, place.hostName)) return refuse(response, place, 'host_mismatch');
      if ((request.url ?? '').split('?', 1)[0] === ticketPath) return openSession(request, response, place);
      const session = entered(request, place);
      if (typeof session === 'string') return refuse(response, place, session);
      const port = options.portOf(place.service);
      if (port === undefined) return refuse(response, place, 'session_ended');
      return forwarder.forward(request, response, { port, user: session.user });
    },
    handleUpgrade(request, socket, head, place) {
      const session = isForHost(request, place.hostName) ? entered(request, place) : 'host_mismatch';
      const port = options.portOf(place.service);
      if (typeof session === 'object' && port !== undefined)
        return forwarder.forwardUpgrade(request, socket, head, { port, user: session.user });
      const code = typeof session === 'string' ? session : 'session_ended';
      options.onRefused(place, code);
      return writePage(socket, refusalPage(code));
    },
  };
}

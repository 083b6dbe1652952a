import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { DoorRefusal } from './door-refusals.ts';
import type { DoorSession, DoorSessions } from './door-sessions.ts';
import type { VisitorFacts } from './forwarded-request.ts';
import type { Destination, Forwarder } from './forwarder.ts';
import { sendPage, writePage } from './page-reply.ts';
import { pageHeaders, refusalPage } from './pages.ts';
import { readSessionCookie, sessionSetCookie } from './session-cookie.ts';
import { admit, type DoorPlace, type Prepare, redeemTicket, type TicketKeys } from './tickets.ts';

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
  /** Before somebody is let in. */
  prepare: Prepare;
  /** What the service on the port is told of him; a promise where that has to be made first, rejected when it cannot be. */
  introduce(session: DoorSession, port: number): Promise<VisitorFacts> | VisitorFacts | undefined;
  /** A connection on which somebody is in. */
  onEntered(session: DoorSession, socket: Socket): void;
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
    const redeemed = await redeemTicket(sessions, keys, place, token, nowSeconds(), options.prepare);
    if ('refusal' in redeemed) return refuse(response, place, redeemed.refusal);
    options.onOpened(place, redeemed.ticket.user, redeemed.ticket.sessionEndsAt);
    options.onEntered(redeemed.session, request.socket);
    return redirectHome(response, redeemed.cookie);
  }

  /** Where the request goes, or why it does not. */
  function destinationOf(
    request: IncomingMessage,
    place: DoorPlace,
  ): Destination | DoorRefusal | Promise<Destination | DoorRefusal> {
    const session = entered(request, place);
    const port = options.portOf(place.service);
    if (typeof session === 'string') return session;
    if (port === undefined) return 'session_ended';
    options.onEntered(session, request.socket);
    const visitor = options.introduce(session, port);
    if (!(visitor instanceof Promise)) return { port, visitor };
    return visitor.then(
      // The session may have ended meanwhile.
      (facts) => (typeof entered(request, place) === 'object' ? { port, visitor: facts } : 'session_ended'),
      () => 'account_failed' as const,
    );
  }

  function passUpgrade(
    request: IncomingMessage,
    socket: Socket,
    head: Buffer,
    place: DoorPlace,
    to: Destination | DoorRefusal,
  ): void {
    if (typeof to === 'object') return forwarder.forwardUpgrade(request, socket, head, to);
    options.onRefused(place, to);
    return writePage(socket, refusalPage(to));
  }

  return {
    async handle(request, response, place) {
      if (!isForHost(request, place.hostName)) return refuse(response, place, 'host_mismatch');
      if ((request.url ?? '').split('?', 1)[0] === ticketPath) return openSession(request, response, place);
      const to = await destinationOf(request, place);
      if (typeof to === 'string') return refuse(response, place, to);
      return forwarder.forward(request, response, to);
    },
    handleUpgrade(request, socket, head, place) {
      const to = isForHost(request, place.hostName) ? destinationOf(request, place) : 'host_mismatch';
      if (!(to instanceof Promise)) return passUpgrade(request, socket, head, place, to);
      to.then(
        (found) => passUpgrade(request, socket, head, place, found),
        () => socket.destroy(),
      );
      return undefined;
    },
  };
}

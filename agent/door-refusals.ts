import { STATUS_CODES } from 'node:http';

interface RefusalRow {
  status: number;
  title: string;
  /** What happened, for the person who looks at the page. */
  happened: string;
}

/** Everything that the agent's door answers by itself instead of passing on. Codes are facts and never renamed. */
export const doorRefusals = {
  session_missing: {
    status: 401,
    title: 'This session is not open here',
    happened: 'This browser did not open the session, or its sign-in was cleared.',
  },
  session_ended: {
    status: 401,
    title: 'This session has ended',
    happened: 'Sessions are short on purpose, and the time of this one is over.',
  },
  session_revoked: {
    status: 401,
    title: 'This session was closed',
    happened: 'Somebody who may manage this machine closed the session.',
  },
  ticket_missing: {
    status: 401,
    title: 'The link is incomplete',
    happened: 'The link that opens the session has lost its ticket.',
  },
  ticket_used: {
    status: 401,
    title: 'This link was used before',
    happened: 'The link that opens a session works once, and it was used before.',
  },
  ticket_expired: {
    status: 401,
    title: 'This link is too old',
    happened: 'The link that opens a session works for one minute, and that is over.',
  },
  ticket_foreign: {
    status: 401,
    title: 'This link is for another session',
    happened: 'The ticket in the link belongs to another session or another machine.',
  },
  ticket_invalid: {
    status: 401,
    title: 'This link is not valid',
    happened: 'The ticket in the link was not signed by this service, or it was changed on the way.',
  },
  account_failed: {
    status: 503,
    title: 'Your account could not be made',
    happened: 'The program on this machine that makes an account for its visitors has failed.',
  },
  host_mismatch: {
    status: 421,
    title: 'This connection belongs to another session',
    happened: 'The browser sent a request for another name over the connection of this session.',
  },
  method_not_allowed: {
    status: 405,
    title: 'The link is opened with GET',
    happened: 'A session is opened by following its link, and by no other method.',
  },
} as const satisfies Record<string, RefusalRow>;

export type DoorRefusal = keyof typeof doorRefusals;

export const statusText = (status: number): string => STATUS_CODES[status] ?? 'Error';

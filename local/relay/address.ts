import { HandshakeRefusal } from './handshake-refusal.ts';

type RelayAction = 'listen' | 'connect' | 'accept';

/** What a WebSocket URL of the relay says. */
export interface RelayAddress {
  action: RelayAction;
  /** What follows `$hc/`, decoded: the path of the hybrid connection and, for a sender, a suffix. */
  path: string;
  id: string | undefined;
  /** In an accept address: which waiting sender it is for. */
  rendezvous: string | undefined;
  token: string | undefined;
  /** The sender's own query, without what begins with `sb-`. */
  query: URLSearchParams;
  /** Present where a listener rejects instead of accepting. */
  rejection: { status: number; description: string } | undefined;
}

const isAction = (text: string | null): text is RelayAction =>
  text === 'listen' || text === 'connect' || text === 'accept';

function rejectionOf(query: URLSearchParams): RelayAddress['rejection'] {
  // The documentation has the prefix, the listener that Microsoft ships for Node leaves it out.
  const status = query.get('sb-hc-statusCode') ?? query.get('statusCode');
  if (status === null) return undefined;
  const description = query.get('sb-hc-statusDescription') ?? query.get('statusDescription') ?? '';
  if (!/^[45]\d\d$/.test(status)) throw new HandshakeRefusal(403, `statusCode ${status} is no HTTP error`);
  return { status: Number(status), description };
}

/** Reads the request target of a handshake. Throws a 404 for a malformed one, as the service does. */
export function parseRelayAddress(target: string): RelayAddress {
  const malformed = (what: string) => new HandshakeRefusal(404, `${what} is malformed.`);
  const url = URL.parse(target, 'wss://relay.invalid');
  if (!url?.pathname.startsWith('/$hc/')) throw malformed('The base URL');
  let path: string;
  try {
    path = decodeURIComponent(url.pathname.slice('/$hc/'.length)).replace(/\/$/, '');
  } catch {
    throw malformed('The path');
  }
  if (!path || path.length > 1024) throw malformed('The path');
  const action = url.searchParams.get('sb-hc-action');
  if (!isAction(action)) throw new HandshakeRefusal(400, 'sb-hc-action must be listen, connect or accept.');
  const query = new URLSearchParams(
    [...url.searchParams].filter(([name]) => !name.toLowerCase().startsWith('sb-')),
  );
  return {
    action,
    path,
    id: url.searchParams.get('sb-hc-id') ?? undefined,
    rendezvous: url.searchParams.get('sb-hc-rendezvous') ?? undefined,
    token: url.searchParams.get('sb-hc-token') ?? undefined,
    query,
    rejection: action === 'accept' ? rejectionOf(url.searchParams) : undefined,
  };
}

/** The path and its parents, longest first: a sender may add a suffix to the registered path. */
export function candidatePaths(path: string): string[] {
  const parts = path.split('/');
  return parts.map((_, index) => parts.slice(0, parts.length - index).join('/'));
}

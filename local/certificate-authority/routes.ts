import type { HttpReply, HttpRequest } from '#local/kit/http-server.ts';
import { type Account, accountRequest, newAccount } from './accounts.ts';
import type { Authority } from './authority.ts';
import { authorizationRequest, challengeRequest } from './authorizations.ts';
import { downloadCertificate, revokeCertificate } from './certificates.ts';
import { directory } from './directory.ts';
import { changeKey } from './key-change.ts';
import { finalizeOrder, listOrders, newOrder, readOrder } from './order-requests.ts';
import { Problem } from './problem.ts';
import { renewalInfo } from './renewal-windows.ts';
import type { SignedRequest } from './signed-request.ts';

type Reply = HttpReply | Promise<HttpReply>;

interface Target {
  authority: Authority;
  origin: string;
  /** What stands at `:id` in the path. */
  id: string;
  /** How far the clock of the authority is off for this call. */
  skewMs: number;
}

/** Who may call: anyone; a bare key; a bare key or an account; an account. */
type Handler =
  | { signedBy: 'nobody'; handle(target: Target): Reply }
  | { signedBy: 'key' | 'key or account'; handle(target: Target, request: SignedRequest): Reply }
  | { signedBy: 'account'; handle(target: Target, account: Account, payload: unknown): Reply };

type Route = Handler & { operation: string; methods: readonly string[]; pattern: RegExp };

const path = (text: string): RegExp => new RegExp(`^${text.replace(':id', '([\\w.-]{1,200})')}$`);
const post = ['POST'];

function requireSelf({ id }: Target, account: Account): void {
  if (id !== account.id) throw new Problem('unauthorized', 'the account is another one');
}

function requireReading(payload: unknown): void {
  if (payload !== undefined) throw new Problem('malformed', 'this resource is read with an empty payload');
}

const routes: readonly Route[] = [
  {
    operation: 'directory',
    methods: ['GET', 'HEAD'],
    pattern: path('/directory'),
    signedBy: 'nobody',
    handle: ({ authority, origin }) => directory(authority, origin),
  },
  {
    operation: 'newNonce',
    methods: ['GET', 'HEAD'],
    pattern: path('/acme/new-nonce'),
    signedBy: 'nobody',
    // RFC 8555 section 7.2: GET answers 204, HEAD 200; the caller of every route adds the nonce itself.
    handle: () => ({ status: 204 }),
  },
  {
    operation: 'newAccount',
    methods: post,
    pattern: path('/acme/new-account'),
    signedBy: 'key',
    handle: ({ authority, origin }, request) => newAccount(authority, origin, request),
  },
  {
    operation: 'account',
    methods: post,
    pattern: path('/acme/account/:id'),
    signedBy: 'account',
    handle(target, account, payload) {
      requireSelf(target, account);
      return accountRequest(target.authority, target.origin, account, payload);
    },
  },
  {
    operation: 'newOrder',
    methods: post,
    pattern: path('/acme/new-order'),
    signedBy: 'account',
    handle: ({ authority, origin }, account, payload) => newOrder(authority, origin, account, payload),
  },
  {
    operation: 'order',
    methods: post,
    pattern: path('/acme/order/:id'),
    signedBy: 'account',
    handle({ authority, origin, id }, account, payload) {
      requireReading(payload);
      return readOrder(authority, origin, account, id);
    },
  },
  {
    operation: 'finalize',
    methods: post,
    pattern: path('/acme/order/:id/finalize'),
    signedBy: 'account',
    handle: ({ authority, origin, id }, account, payload) =>
      finalizeOrder(authority, origin, account, id, payload),
  },
  {
    operation: 'authorization',
    methods: post,
    pattern: path('/acme/authorization/:id'),
    signedBy: 'account',
    handle: ({ authority, origin, id }, account, payload) =>
      authorizationRequest(authority, origin, account, id, payload),
  },
  {
    operation: 'challenge',
    methods: post,
    pattern: path('/acme/challenge/:id'),
    signedBy: 'account',
    handle: ({ authority, origin, id }, account, payload) =>
      challengeRequest(authority, origin, account, id, payload),
  },
  {
    operation: 'certificate',
    methods: post,
    pattern: path('/acme/certificate/:id'),
    signedBy: 'account',
    handle({ authority, origin, id }, account, payload) {
      requireReading(payload);
      return downloadCertificate(authority, origin, account, id);
    },
  },
  {
    operation: 'revokeCertificate',
    methods: post,
    pattern: path('/acme/revoke-certificate'),
    signedBy: 'key or account',
    handle: ({ authority, origin }, request) => revokeCertificate(authority, origin, request),
  },
  {
    operation: 'renewalInfo',
    methods: ['GET'],
    pattern: path('/acme/renewal-info/:id'),
    signedBy: 'nobody',
    handle: ({ authority, id, skewMs }) => renewalInfo(authority, id, skewMs),
  },
  {
    operation: 'accountOrders',
    methods: post,
    pattern: path('/acme/account/:id/orders'),
    signedBy: 'account',
    handle(target, account, payload) {
      requireSelf(target, account);
      requireReading(payload);
      return listOrders(target.authority, target.origin, account);
    },
  },
  {
    operation: 'keyChange',
    methods: post,
    pattern: path('/acme/key-change'),
    signedBy: 'account',
    handle: ({ authority, origin }, account, payload) => changeKey(authority, origin, account, payload),
  },
];

export function findRoute(request: HttpRequest): { route: Route; id: string } | undefined {
  for (const route of routes) {
    const match = route.pattern.exec(request.url.pathname);
    if (match) return { route, id: match[1] ?? '' };
  }
  return undefined;
}

export const routeOperations: readonly string[] = routes.map(({ operation }) => operation);

import { webhookPath } from '../durable/client-payload.ts';
import { createGate } from '../durable/limits.ts';
import type { ManagementApi } from '../durable/management-api.ts';
import type { HostedFunction } from '../function-table.ts';
import type { HttpSettings } from '../host-settings.ts';
import type { Invocation } from '../invoker.ts';
import type { InvocationResponse, RpcHttpResponse } from '../rpc-data.ts';
import { type Exchange, reply, segmentsOf } from './exchange.ts';
import { type HostKeys, hasKey } from './host-keys.ts';
import { readBody, sendResponse, toRpcRequest } from './http-trigger.ts';
import { findRoute, type Route, type RouteMatch } from './routes.ts';

export interface FrontDoorOptions {
  routes: readonly Route[];
  keys: HostKeys;
  /** Admin and webhooks without a key, for tools on the same machine. */
  openAdmin: boolean;
  showHomePage: boolean;
  maxBodyBytes: number;
  admin(exchange: Exchange): Promise<void>;
  management: ManagementApi;
  invoke(invocation: Invocation): Promise<InvocationResponse>;
  settings: HttpSettings;
}

const homePage = '<!doctype html><title>Functions</title><p>Your Functions host is up and running.</p>';

/** Decides for each request of the public listener who answers it: admin, durable webhooks, or a function. */
export function createFrontDoor(options: FrontDoorOptions) {
  const { routes, keys, openAdmin, maxBodyBytes, management, settings } = options;
  const gate = createGate(settings.maxConcurrentRequests ?? Number.POSITIVE_INFINITY);
  let outstanding = 0;

  async function webhook(exchange: Exchange): Promise<void> {
    const { request, url, method } = exchange;
    if (!openAdmin && !hasKey(request, url, [keys.master, keys.durable])) return reply(exchange, 401);
    const token = request.headers['x-ms-continuation-token'];
    const answer = await management({
      method,
      segments: segmentsOf(url).slice(3),
      query: url.searchParams,
      body: (await readBody(request, maxBodyBytes)).toString('utf8'),
      continuationToken: typeof token === 'string' ? token : undefined,
    });
    reply(exchange, answer.status, answer.body, answer.headers);
  }

  function mayCall({ request, url }: Exchange, { trigger }: HostedFunction): boolean {
    switch (trigger['authLevel']) {
      case 'anonymous':
        return true;
      case 'function':
        return hasKey(request, url, [keys.function, keys.master]);
      default:
        return hasKey(request, url, [keys.master]);
    }
  }

  return async (exchange: Exchange): Promise<void> => {
    const { request, response, url, method } = exchange;
    const path = url.pathname.toLowerCase();
    for (const [name, value] of Object.entries(settings.customHeaders)) response.setHeader(name, value);
    if (path === '/admin' || path.startsWith('/admin/')) return options.admin(exchange);
    if (path.startsWith(`${webhookPath}/`)) return webhook(exchange);
    if (path.startsWith('/runtime/webhooks/')) return reply(exchange, 404);
    if (path === '/' && options.showHomePage) {
      response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(homePage);
      return;
    }
    const match = findRoute(routes, method, url.pathname);
    if (!match) return reply(exchange, 404);
    if (!mayCall(exchange, match.target)) return reply(exchange, 401);
    if (outstanding >= (settings.maxOutstandingRequests ?? Number.POSITIVE_INFINITY))
      return reply(exchange, 429);
    outstanding += 1;
    try {
      const body = await readBody(request, maxBodyBytes);
      await gate(() => answer(exchange, match, body));
    } finally {
      outstanding -= 1;
    }
  };

  async function answer(exchange: Exchange, match: RouteMatch, body: Buffer): Promise<void> {
    const { request, response, url } = exchange;
    let returned: InvocationResponse;
    try {
      const http = toRpcRequest(request, url, match.params, body);
      const reason = 'This function was programmatically called via the host APIs.';
      returned = await options.invoke({ target: match.target, data: { http }, reason });
    } catch {
      // The failure is in the log; the caller learns nothing of it, as on Azure.
      return reply(exchange, 500);
    }
    sendResponse(response, returned.returnValue?.http as RpcHttpResponse | undefined);
  }
}

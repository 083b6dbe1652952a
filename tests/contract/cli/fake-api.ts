import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

export interface SeenRequest {
  /** Method and path: `GET /api/machines`. */
  line: string;
  authorization: string | undefined;
  body: unknown;
}

export interface Answer {
  status?: number;
  headers?: Record<string, string>;
  /** Sent as JSON; a string as it is. */
  body?: unknown;
}

type Route = Answer | ((request: SeenRequest) => Answer | Promise<Answer>);

export interface FakeApi {
  origin: string;
  /** By method and path, with or without the query; a list is answered one by one, the last one for ever. */
  routes: Record<string, Route | Route[]>;
  requests: SeenRequest[];
  close(): Promise<void>;
}

/** An HTTP API on loopback that answers what a test says and remembers what it was asked. */
export async function startFakeApi(routes: FakeApi['routes'] = {}): Promise<FakeApi> {
  const requests: SeenRequest[] = [];
  const find = (line: string): Route => {
    const route = routes[line] ??
      routes[line.replace(/\?.*/, '')] ?? {
        status: 404,
        body: problem({ status: 404, code: 'machine_not_found' }),
      };
    if (!Array.isArray(route)) return route;
    const [first = {}] = route.length > 1 ? route.splice(0, 1) : route;
    return first;
  };
  const server = createServer((request, response) => {
    void (async () => {
      const body = await text(request);
      const seen: SeenRequest = {
        line: `${request.method} ${request.url}`,
        authorization: request.headers.authorization,
        body: body === '' ? undefined : JSON.parse(body),
      };
      requests.push(seen);
      const route = find(seen.line);
      const answer = typeof route === 'function' ? await route(seen) : route;
      const isText = typeof answer.body === 'string';
      response.writeHead(answer.status ?? 200, {
        'content-type': isText ? 'text/plain' : 'application/json',
        ...answer.headers,
      });
      response.end(isText ? answer.body : answer.body === undefined ? '' : JSON.stringify(answer.body));
    })();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    routes,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** A problem as the API sends it, with what a test is about. */
export const problem = (change: Record<string, unknown> = {}): Record<string, unknown> => ({
  type: '/api/openapi.json#access_denied',
  title: 'You may not do this here',
  status: 403,
  detail: 'no role gives you Microsoft.HybridCompute/machines/extensions/write on this machine',
  instance: 'urn:uuid:00000000-0000-4000-8000-000000000099',
  code: 'access_denied',
  hop: 'authorization',
  remedy: 'Assign a role that has the missing action.',
  retryable: false,
  ...change,
});

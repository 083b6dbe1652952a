import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import { viewOf } from './facts-view.ts';
import { createLocalSignIns } from './local-sign-in.ts';
import { createFactsReader } from './machine-facts.ts';
import { renderPage } from './page.ts';
import { visitorOf } from './visitor.ts';

const intervalMs = 2000;
const visitsCookie = 'visits';

const securityHeaders = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
};

const assetFrom = (name: string, type: string) => ({
  type,
  body: readFileSync(new URL(`./public/${name}`, import.meta.url)),
});

export interface WebAppOptions {
  /** Of the sample machine. */
  name: string;
  /** On 127.0.0.1; 0 takes a free one. */
  port: number;
  /** Where the agent puts the keys that its statements of who is there are checked with; unchecked where absent. */
  keysFile?: string;
}

export interface WebApp {
  port: number;
  close(): Promise<void>;
}

function visitsOf(request: IncomingMessage): number {
  const found = /(?:^|;\s*)visits=(\d{1,6})(?:;|$)/.exec(request.headers.cookie ?? '');
  return Number(found?.[1] ?? 0);
}

/** What reached it of a request, for those who look at what passes through on the way. */
const echoOf = ({ url, headers }: IncomingMessage) => ({
  query: Object.fromEntries(new URLSearchParams((url ?? '').split('?', 2)[1])),
  header: headers['x-echo'] ?? null,
});

/** A page on another site may open a WebSocket to us, but it cannot hide where it is from. */
function isSameOrigin({ headers }: IncomingMessage): boolean {
  return headers.origin === undefined || URL.parse(headers.origin)?.host === headers.host;
}

/** A small web application that shows the live facts of the machine that it runs on. */
export async function startWebApp({ name, port, keysFile }: WebAppOptions): Promise<WebApp> {
  const facts = createFactsReader();
  const localSignIns = createLocalSignIns();
  const assets = new Map([
    ['/app.css', assetFrom('app.css', 'text/css; charset=utf-8')],
    ['/app.js', assetFrom('app.js', 'text/javascript; charset=utf-8')],
  ]);
  const readView = async () => viewOf(await facts.read());

  async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const send = (
      status: number,
      type: string,
      body: string | Buffer,
      headers: Record<string, string> = {},
    ) => {
      response.writeHead(status, {
        ...securityHeaders,
        'content-type': type,
        'content-length': Buffer.byteLength(body),
        ...headers,
      });
      response.end(body);
    };
    const sendJson = (value: unknown) => send(200, 'application/json', JSON.stringify(value));
    const path = (request.url ?? '/').split('?', 1)[0] ?? '/';
    if (path === '/sign-in' && request.method === 'POST') {
      const cookie = await localSignIns.take(request);
      if (cookie === undefined) return send(400, 'text/plain', 'a user and a password are needed\n');
      return send(303, 'text/plain', '', { location: '/', 'set-cookie': cookie });
    }
    if (request.method !== 'GET' && request.method !== 'HEAD')
      return send(405, 'text/plain', 'only GET is answered here\n', { allow: 'GET, HEAD' });
    const asset = assets.get(path);
    if (asset) return send(200, asset.type, asset.body);
    if (path === '/api/facts') return sendJson({ machine: name, ...(await facts.read()) });
    if (path === '/api/view') return sendJson(await readView());
    if (path === '/api/echo') return sendJson(echoOf(request));
    const audience = `http://127.0.0.1:${request.socket.localPort}`;
    const visitor = await visitorOf(request.headers, keysFile, audience);
    const localUser = localSignIns.find(request)?.user;
    if (path === '/api/visitor') return sendJson({ ...visitor, localUser });
    if (path !== '/') return send(404, 'text/plain', 'there is no such page\n');
    const visits = visitsOf(request) + 1;
    const isForwarded = request.headers['x-forwarded-host'] !== undefined;
    const page = { name, visits, visitor, localUser, isForwarded };
    return send(200, 'text/html; charset=utf-8', renderPage(page, await readView()), {
      'set-cookie': `${visitsCookie}=${visits}; Path=/; HttpOnly; SameSite=Lax; Max-Age=31536000`,
    });
  }

  const server = createServer((request, response) => {
    respond(request, response).catch((error: unknown) => {
      console.error(error);
      response.destroy();
    });
  });
  const consoles = new WeakSet<WebSocket>();
  const sockets = new WebSocketServer({ noServer: true, maxPayload: 1024 });
  server.on('upgrade', (request, socket, head) => {
    socket.on('error', () => socket.destroy());
    if (!['/api/live', '/api/console'].includes(request.url ?? '') || !isSameOrigin(request))
      return void socket.end('HTTP/1.1 403 Forbidden\r\nconnection: close\r\ncontent-length: 0\r\n\r\n');
    return sockets.handleUpgrade(request, socket, head, (client) => {
      client.on('error', () => client.terminate());
      if (request.url === '/api/live') return void push([client]);
      // A console that says what was typed into it.
      consoles.add(client);
      return client.on('message', (data) => client.send(data, { binary: false }));
    });
  });

  async function push(clients: Iterable<WebSocket>): Promise<void> {
    const text = JSON.stringify(await readView());
    for (const client of clients) if (!consoles.has(client)) client.send(text);
  }

  facts.sample();
  const timer = setInterval(() => {
    facts.sample();
    if (sockets.clients.size > 0) void push(sockets.clients);
  }, intervalMs);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        clearInterval(timer);
        for (const client of sockets.clients) client.close(1001);
        server.close(() => resolve());
        server.closeAllConnections();
        for (const client of sockets.clients) client.terminate();
      }),
  };
}

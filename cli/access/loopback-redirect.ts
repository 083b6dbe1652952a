import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

const path = '/signed-in';
const lastPageMs = 500;

export interface LoopbackRedirect {
  redirectUri: string;
  /** The first answer that carries our state. Rejects with the signal's reason. */
  answer(signal: AbortSignal): Promise<URL>;
  close(): void;
}

const page = (title: string, text: string): string =>
  `<!doctype html><html lang="en"><meta charset="utf-8"><title>${title}</title><h1>${title}</h1><p>${text}</p></html>\n`;

function respond(response: ServerResponse, status: number, title: string, text: string): void {
  response.writeHead(status, {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    'referrer-policy': 'no-referrer',
    'cache-control': 'no-store',
    connection: 'close',
  });
  response.end(page(title, text));
}

/**
 * Waits on a free port of this computer for the browser to come back from the sign-in page (RFC 8252 section 7.3).
 * Anybody on this computer can knock: an answer without our state is refused and the wait goes on.
 */
export async function listenForRedirect(state: string): Promise<LoopbackRedirect> {
  const arrived = Promise.withResolvers<URL>();
  let origin = '';
  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    const url = URL.parse(request.url ?? '/', origin);
    if (request.headers.host !== new URL(origin).host || request.method !== 'GET' || url?.pathname !== path) {
      return respond(response, 404, 'Not found', 'This address only ends a sign-in.');
    }
    if (url.searchParams.get('state') !== state) {
      return respond(response, 400, 'Not this sign-in', 'This answer belongs to another sign-in.');
    }
    const isRefused = url.searchParams.has('error');
    respond(
      response,
      200,
      isRefused ? 'Sign-in refused' : 'Signed in',
      isRefused ? 'The terminal says why.' : 'Go back to the terminal; this window can be closed.',
    );
    arrived.resolve(url);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  origin = `http://localhost:${(server.address() as AddressInfo).port}`;
  return {
    redirectUri: `${origin}${path}`,
    answer(signal) {
      const aborted = Promise.withResolvers<never>();
      const abort = () => aborted.reject(signal.reason);
      if (signal.aborted) abort();
      signal.addEventListener('abort', abort, { once: true });
      return Promise.race([arrived.promise, aborted.promise]).finally(() =>
        signal.removeEventListener('abort', abort),
      );
    },
    close() {
      server.close();
      // The last page may still be on its way, and browsers keep connections in stock that they never use.
      setTimeout(() => server.closeAllConnections(), lastPageMs).unref();
    },
  };
}

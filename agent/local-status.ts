import http from 'node:http';
import https from 'node:https';
import type { Reading } from './host-checks.ts';

const timeoutMs = 5_000;

/** What `<scheme>://localhost:<port>/` answers, asked where sessions ask: on 127.0.0.1. */
export function readLocalStatus(scheme: 'http' | 'https', port: number): Promise<Reading<number>> {
  const { promise, resolve } = Promise.withResolvers<Reading<number>>();
  const options = {
    host: '127.0.0.1',
    port,
    path: '/',
    agent: false,
    headers: { host: `localhost:${port}` },
    signal: AbortSignal.timeout(timeoutMs),
  };
  const take = (response: http.IncomingMessage) => {
    resolve({ known: response.statusCode ?? 0 });
    response.destroy();
  };
  const request =
    scheme === 'http'
      ? http.get(options, take)
      : // The service's certificate is its own, and the other end of 127.0.0.1 is this machine.
        https.get({ ...options, servername: 'localhost', rejectUnauthorized: false }, take);
  request.on('error', (error) => {
    const code = 'code' in error && typeof error.code === 'string' ? error.code : error.name;
    resolve({ unknown: error.name === 'AbortError' ? 'no answer in 5 s' : code });
  });
  return promise;
}

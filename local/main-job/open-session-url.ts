import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { get, type RequestOptions } from 'node:https';
import type { TLSSocket } from 'node:tls';

export interface OpenedPage {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
  /** SHA-256 of the leaf that the connection showed, lower-case hex. */
  thumbprint: string;
}

/** A page is small; a service that answers more is cut off. */
const maxBytes = 2 * 1024 * 1024;

/** One GET with certificate checks on, as a browser makes it; a new connection each time. */
export function getPage(url: string, headers: RequestOptions['headers'] = {}): Promise<OpenedPage> {
  return new Promise((resolve, reject) => {
    let thumbprint = '';
    const request = get(url, { headers, agent: false, timeout: 15_000 }, (response) => {
      const chunks: Buffer[] = [];
      let size = 0;
      response.on('data', (chunk: Buffer) => {
        size += chunk.length;
        if (size > maxBytes) request.destroy(new Error('the page is too large'));
        else chunks.push(chunk);
      });
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: Buffer.concat(chunks).toString('utf8'),
          thumbprint,
        }),
      );
    });
    request.on('socket', (socket) =>
      socket.once('secureConnect', () => {
        const leaf = (socket as TLSSocket).getPeerX509Certificate();
        if (leaf) thumbprint = createHash('sha256').update(leaf.raw).digest('hex');
      }),
    );
    request.on('timeout', () => request.destroy(new Error('no answer within 15 s')));
    request.on('error', reject);
  });
}

/** Opens a session URL as a browser does: the ticket buys a cookie, the cookie opens the machine's own page. */
export async function openSessionUrl(url: string): Promise<OpenedPage & { cookie: string }> {
  const door = await getPage(url);
  const cookie = (door.headers['set-cookie'] ?? []).map((line) => line.split(';')[0]).join('; ');
  if (door.status < 300 || door.status >= 400 || !cookie) {
    throw new Error(`the machine's door answered ${door.status} to the ticket`);
  }
  const next = new URL(door.headers.location ?? '/', url).href;
  return { ...(await getPage(next, { cookie })), cookie };
}

import { Agent, request } from 'node:http';

export interface RawRequest {
  method: string;
  /** As it goes over the wire: nothing is normalised. */
  path: string;
  headers?: Record<string, string>;
  body?: string | Buffer;
  /** Without Content-Length. */
  isChunked?: boolean;
}

export interface RawAnswer {
  status: number;
  type: string;
  headers: Record<string, string | string[] | undefined>;
  text: string;
}

const agent = new Agent({ keepAlive: true, maxSockets: 16 });

/** One request as it is given; an answer that comes before the body was taken is the answer. */
export function sendRaw(
  origin: string,
  { method, path, headers, body, isChunked }: RawRequest,
): Promise<RawAnswer> {
  const { hostname, port } = new URL(origin);
  return new Promise((resolve, reject) => {
    const isLarge = (body?.length ?? 0) > 100_000;
    const outgoing = request({
      hostname,
      port,
      method,
      path,
      // A connection that is closed over a large body is nobody else's.
      ...(isLarge ? { agent: false } : { agent }),
      headers: {
        ...headers,
        ...(isChunked
          ? { 'transfer-encoding': 'chunked' }
          : body !== undefined && { 'content-length': String(Buffer.byteLength(body)) }),
      },
    });
    let hasAnswered = false;
    outgoing.on('response', (response) => {
      hasAnswered = true;
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      const end = () =>
        resolve({
          status: response.statusCode ?? 0,
          type: response.headers['content-type'] ?? '',
          headers: response.headers,
          text,
        });
      response.on('end', end).on('error', end);
    });
    outgoing.on('error', (error) => {
      if (!hasAnswered) reject(error);
    });
    outgoing.setTimeout(20_000, () =>
      outgoing.destroy(new Error(`no answer to ${method} ${path.slice(0, 200)}`)),
    );
    outgoing.end(body);
  });
}

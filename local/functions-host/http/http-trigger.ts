import type { IncomingMessage, ServerResponse } from 'node:http';
import type { NullableStrings, RpcCookie, RpcHttpRequest, RpcHttpResponse } from '../rpc-data.ts';

export class BodyTooLarge extends Error {}

const nullable = (values: Iterable<[string, string]>): NullableStrings =>
  Object.fromEntries([...values].map(([name, value]) => [name, { value }]));

function* headersOf({ headers }: IncomingMessage): Generator<[string, string]> {
  for (const [name, value] of Object.entries(headers))
    if (value !== undefined) yield [name, Array.isArray(value) ? value.join(',') : value];
}

function queryOf(url: URL): [string, string][] {
  const values = new Map<string, string>();
  for (const [name, value] of url.searchParams)
    values.set(name, values.has(name) ? `${values.get(name)},${value}` : value);
  return [...values];
}

/** The body, read only when Content-Length says that there is one: a chunked body stays empty, as on Azure. */
export async function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const length = Number(request.headers['content-length'] ?? 0);
  if (length > maxBytes) throw new BodyTooLarge(`a body of ${length} bytes is over the limit of ${maxBytes}`);
  if (!(length > 0)) {
    request.resume();
    return Buffer.alloc(0);
  }
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

export function toRpcRequest(
  request: IncomingMessage,
  url: URL,
  params: Record<string, string>,
  body: Buffer,
): RpcHttpRequest {
  return {
    url: url.href,
    method: request.method ?? 'GET',
    nullableHeaders: nullable(headersOf(request)),
    nullableQuery: nullable(queryOf(url)),
    nullableParams: nullable(Object.entries(params)),
    ...(body.length > 0 && { body: { bytes: body } }),
  };
}

const sameSiteNames = { lax: 'Lax', strict: 'Strict', explicitNone: 'None' } as const;

function cookieHeader(cookie: RpcCookie): string {
  const { name, value, domain, path, expires, maxAge, sameSite } = cookie;
  const parts = [`${encodeURIComponent(name)}=${encodeURIComponent(value)}`];
  if (expires) parts.push(`Expires=${new Date(Number(expires.value.seconds) * 1000).toUTCString()}`);
  if (maxAge) parts.push(`Max-Age=${maxAge.value}`);
  if (domain) parts.push(`Domain=${domain.value}`);
  if (path) parts.push(`Path=${path.value}`);
  if (cookie.secure?.value) parts.push('Secure');
  if (cookie.httpOnly?.value) parts.push('HttpOnly');
  if (sameSite && sameSite !== 'none') parts.push(`SameSite=${sameSiteNames[sameSite]}`);
  return parts.join('; ');
}

// oxlint-disable-next-line no-control-regex -- what Kestrel takes in a header value
const headerText = /^[\t\u0020-\u007e]*$/;

/** Sends what the function returned; a header value outside of ASCII is a 500, as the real server makes it. */
export function sendResponse(response: ServerResponse, returned: RpcHttpResponse | undefined): void {
  if (!returned) {
    response.writeHead(204).end();
    return;
  }
  const { statusCode = '200', headers = {}, cookies = [], body } = returned;
  const fields = Object.entries(headers).filter(([name]) => name !== 'content-length');
  if (!fields.every(([, value]) => headerText.test(value))) {
    response.writeHead(500, { 'content-length': 0 }).end();
    return;
  }
  for (const [name, value] of fields) response.setHeader(name, value);
  if (cookies.length) response.setHeader('set-cookie', cookies.map(cookieHeader));
  const bytes = body?.bytes ?? (body?.string === undefined ? Buffer.alloc(0) : Buffer.from(body.string));
  const status = Number(statusCode);
  if (status !== 204 && status !== 304) response.setHeader('content-length', bytes.byteLength);
  response.writeHead(status).end(bytes);
}

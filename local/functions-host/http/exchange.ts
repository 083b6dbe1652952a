import type { IncomingMessage, ServerResponse } from 'node:http';

/** One HTTP request on its way through the host. */
export interface Exchange {
  request: IncomingMessage;
  response: ServerResponse;
  /** Absolute; the host is the one that the client named. */
  url: URL;
  /** Upper case. */
  method: string;
}

/** Answers with JSON, or with an empty body when there is none. */
export function reply(
  { response }: Exchange,
  status: number,
  body?: unknown,
  headers: Record<string, string> = {},
): void {
  const text = body === undefined ? '' : JSON.stringify(body);
  response.writeHead(status, {
    ...(body !== undefined && { 'content-type': 'application/json; charset=utf-8' }),
    'content-length': Buffer.byteLength(text),
    ...headers,
  });
  response.end(text);
}

/** The path's segments, not decoded. */
export const segmentsOf = (url: URL): string[] => url.pathname.split('/').filter((part) => part !== '');

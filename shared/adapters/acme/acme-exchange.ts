import { Buffer } from 'node:buffer';
import { z } from 'zod';
import { AppError } from '#shared/domain/error.ts';
import { AcmeProblem, problemShape } from './acme-problem.ts';
import { parseRetryAfter } from './retry-after.ts';

/** A chain of four RSA-4096 certificates has about 10 KiB; nothing that is read here is larger. */
const maxAnswerBytes = 256 * 1024;
const timeoutMs = 30_000;
const longestReason = 1_000;
/** RFC 8555 section 6.1 demands one. */
const userAgent = 'admin-center-control-plane';

export interface AcmeReply {
  status: number;
  headers: Headers;
  text: string;
  retryAfterMs: number | undefined;
}

export interface ExchangeOptions {
  fetch: typeof globalThis.fetch;
  now: () => number;
}

async function readBounded(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    if (size > maxAnswerBytes) throw new Error(`the answer has more than ${maxAnswerBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parseProblem(text: string, status: number): z.infer<typeof problemShape> {
  try {
    return problemShape.parse(JSON.parse(text));
  } catch {
    // A proxy in front of the authority may answer with a page.
    return problemShape.parse({ detail: `HTTP ${status}` });
  }
}

/** `fetch failed` says nothing: its cause does. */
function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  const { code, message } = (cause.cause ?? {}) as { code?: unknown; message?: unknown };
  for (const inner of [message, code]) {
    if (typeof inner === 'string' && inner !== '') return `${cause.message} (${inner})`;
  }
  return cause.message;
}

/**
 * One HTTP exchange: bounded in time and size, redirects not followed (a signed URL is signed for one place).
 * A refusal is thrown as AcmeProblem; no answer at all is `certificate_authority_unavailable`.
 */
export async function exchange(
  { fetch, now }: ExchangeOptions,
  url: string,
  init: RequestInit,
  onHeaders: (headers: Headers) => void = () => {},
): Promise<AcmeReply> {
  const headers = new Headers(init.headers);
  headers.set('user-agent', userAgent);
  headers.set('accept-language', 'en');
  let response: Response;
  let text: string;
  try {
    response = await fetch(url, {
      ...init,
      headers,
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutMs),
    });
    text = await readBounded(response);
  } catch (cause) {
    throw new AppError('certificate_authority_unavailable', `${new URL(url).host}: ${reasonOf(cause)}`, {
      cause,
    });
  }
  onHeaders(response.headers);
  const retryAfterMs = parseRetryAfter(response.headers.get('retry-after'), now());
  if (!response.ok) {
    throw new AcmeProblem(response.status, parseProblem(text, response.status), retryAfterMs);
  }
  return { status: response.status, headers: response.headers, text, retryAfterMs };
}

/** The JSON of an answer in its shape; anything else means that the authority is not itself just now. */
export function parseReply<T>(shape: z.ZodType<T>, { text }: AcmeReply, url: string): T {
  try {
    return shape.parse(JSON.parse(text));
  } catch (cause) {
    const reason = cause instanceof z.ZodError ? z.prettifyError(cause).slice(0, longestReason) : 'not JSON';
    throw new AppError(
      'certificate_authority_unavailable',
      `${url} answered what cannot be read: ${reason}`,
      {
        cause,
      },
    );
  }
}

/** Where the thing is that an answer made (RFC 8555 sections 7.3 and 7.4), absolute. */
export function locationOf({ headers }: AcmeReply, url: string): string {
  const location = headers.get('location');
  if (location !== null && URL.canParse(location, url)) return new URL(location, url).href;
  throw new AppError('certificate_authority_unavailable', `${url} does not say where to find what it made`);
}

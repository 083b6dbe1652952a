import type { z } from 'zod';
import { problem } from '#shared/protocol/api.ts';
import { Failure, type FailureFacts, failureOf, reasonOf } from './failure.ts';
import { longestMs, retryAfterMs, wantedMs } from './retry-after.ts';

/** Milliseconds. Connect may take ten seconds before it answers 202; hardly anything takes longer. */
const usualPatienceMs = 30_000;

export interface HttpClientOptions {
  /** Origin and path prefix of the control plane, without a final slash. */
  baseUrl: string;
  /** An access token; throws a `Failure` when nobody could sign in. */
  token(): Promise<string>;
  /** Aborted by Ctrl-C and at the end of `--timeout`. */
  signal: AbortSignal;
  wait(ms: number): Promise<void>;
  /** Told before a wait that the service asked for. */
  onWait(ms: number): void;
}

export interface Reply<T> {
  status: number;
  value: T;
  /** What was sent, with the members that this version does not know. */
  json: unknown;
  retryAfterMs: number | undefined;
  /** Where the next part is (`Link` with `rel="next"`, RFC 8288): path and query. */
  next?: string | undefined;
}

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/**
 * One call of the API as the signed-in person. Where the API says 429 nothing was done, and it is asked again when it
 * said. Throws a `Failure`; after Ctrl-C the signal's reason.
 */
export type Call = <S extends z.ZodType>(
  method: Method,
  path: string,
  schema: S,
  body?: object,
  /** Milliseconds, where an answer may take longer than usual. */
  patienceMs?: number,
) => Promise<Reply<z.output<S>>>;

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/** The one form that the API writes. */
const nextIn = (field: string | null): string | undefined =>
  field === null ? undefined : /<([^>]+)>;\s*rel="?next"?/.exec(field)?.[1];

const beginning = (text: string): string => text.slice(0, 120);

/** The API's problem as it was sent; anything else that is no success is told as what it is. */
function refusalOf(response: Response, text: string): Failure {
  const sent = problem.loose().safeParse(parseJson(text));
  // A refused token is a matter of the sign-in, whoever refuses it.
  const exit = response.status === 401 ? 'signIn' : 'failed';
  if (sent.success) {
    const facts: FailureFacts = sent.data;
    return new Failure(facts, exit);
  }
  const facts = failureOf(
    'reply_unexpected',
    `${response.url} answered ${response.status}: ${beginning(text)}`,
  );
  return new Failure({ ...facts.facts, status: response.status }, exit);
}

const isJson = (type: string | null): boolean =>
  type === null || /^application\/([\w.-]+\+)?json\b/i.test(type);

export function createHttpClient({ baseUrl, token, signal, wait, onWait }: HttpClientOptions): Call {
  const send = async (method: Method, path: string, body: object | undefined, patienceMs: number) => {
    const bearer = await token();
    const deadline = AbortSignal.any([signal, AbortSignal.timeout(patienceMs)]);
    try {
      const response = await fetch(`${baseUrl}${path}`, {
        method,
        headers: {
          authorization: `Bearer ${bearer}`,
          accept: 'application/json, */*;q=0.5',
          ...(body && { 'content-type': 'application/json' }),
        },
        ...(body && { body: JSON.stringify(body) }),
        // The token is for this address alone.
        redirect: 'error',
        signal: deadline,
      });
      return { response, text: await response.text() };
    } catch (cause) {
      signal.throwIfAborted();
      throw failureOf('api_unreachable', `${method} ${baseUrl}${path}: ${reasonOf(cause)}`, cause);
    }
  };

  const sendInTurn: typeof send = async (...request) => {
    let leftMs = longestMs;
    for (;;) {
      const answer = await send(...request);
      const asked =
        answer.response.status === 429
          ? wantedMs(answer.response.headers.get('retry-after'), Date.now())
          : undefined;
      if (asked === undefined || asked > leftMs) return answer;
      onWait(asked);
      await wait(asked);
      leftMs -= asked;
    }
  };

  return async (method, path, schema, body, patienceMs = usualPatienceMs) => {
    const { response, text } = await sendInTurn(method, path, body, patienceMs);
    if (!response.ok) throw refusalOf(response, text);
    const isText = !isJson(response.headers.get('content-type'));
    const json = isText ? text : text === '' ? undefined : parseJson(text);
    const parsed = schema.safeParse(json);
    if (!parsed.success) {
      throw failureOf('reply_unexpected', `${method} ${path} answered ${beginning(text)}`, parsed.error);
    }
    return {
      status: response.status,
      value: parsed.data,
      json,
      retryAfterMs: retryAfterMs(response.headers.get('retry-after'), Date.now()),
      next: nextIn(response.headers.get('link')),
    };
  };
}

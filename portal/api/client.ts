import type { Access } from '../access/session.ts';
import { type Failure, FailureError, unexpectedReply, unreachable } from './failure.ts';
import type { Problem } from './replies.ts';

/** Milliseconds. Connect may take ten seconds before it answers 202; what takes longer says so. */
const usualPatienceMs = 30_000;

export interface Answer {
  status: number;
  body: unknown;
  /** Milliseconds that the service asks us to wait before we look again. */
  retryAfterMs: number | undefined;
  /** Path of what follows, where the answer comes in parts (RFC 8288). */
  next: string | undefined;
}

const isProblem = (body: unknown): body is Problem =>
  typeof body === 'object' && body !== null && 'code' in body && 'remedy' in body;

const isText = (value: unknown): value is string => typeof value === 'string';

function failureOfProblem(problem: Problem): Failure {
  const {
    title,
    detail,
    code,
    hop,
    remedy,
    retryable,
    instance,
    errors,
    type: _,
    status: _status,
    ...rest
  } = problem;
  const facts: Record<string, unknown> = rest;
  const { drillId, lost } = facts;
  return {
    title,
    detail,
    code,
    hop,
    remedy,
    retryable,
    instance,
    facts,
    ...(isText(drillId) && { drillId }),
    ...(errors && errors.length > 0 && { errors }),
    ...(isText(lost) && { lost }),
  };
}

const noAnswer = (cause: unknown): FailureError =>
  new FailureError(unreachable('The control plane', location.origin, navigator.onLine), cause);

async function readBody(response: Response, reads: 'json' | 'text'): Promise<unknown> {
  // The connection may be cut in the middle of the body too.
  const text = await response.text().catch((cause: unknown) => {
    throw noAnswer(cause);
  });
  if (reads === 'text' && response.ok) return text;
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    throw new FailureError(unexpectedReply(response.url, response.status));
  }
}

function retryAfterOf(response: Response): number | undefined {
  const seconds = Number(response.headers.get('retry-after') ?? Number.NaN);
  return Number.isFinite(seconds) && seconds >= 0 ? seconds * 1000 : undefined;
}

const nextOf = (response: Response): string | undefined =>
  /<(\/[^>]+)>; rel="next"/.exec(response.headers.get('link') ?? '')?.[1];

interface Call {
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  body?: object;
  signal?: AbortSignal;
  /** Not what the service may remember of a moment ago. */
  isCurrent?: boolean;
  /** Milliseconds. */
  patienceMs?: number;
  /** `text`: an answer that is no problem is kept as it came. */
  reads?: 'json' | 'text';
}

export type Ask = (path: string, call?: Call) => Promise<Answer>;

/** Asks the API as the signed-in user. Throws a `FailureError`; an aborted call throws the signal's reason. */
export function createAsk(access: Access): Ask {
  const send = async (path: string, call: Call): Promise<Response> => {
    const { method = 'GET', body, signal, isCurrent, patienceMs = usualPatienceMs } = call;
    const token = await access.token();
    const deadline = AbortSignal.timeout(patienceMs);
    try {
      return await fetch(path, {
        method,
        headers: {
          authorization: `Bearer ${token}`,
          ...(body && { 'content-type': 'application/json' }),
          ...(isCurrent && { 'cache-control': 'no-cache' }),
        },
        ...(body && { body: JSON.stringify(body) }),
        signal: signal ? AbortSignal.any([signal, deadline]) : deadline,
      });
    } catch (cause) {
      if (signal?.aborted) throw signal.reason;
      throw noAnswer(cause);
    }
  };

  return async (path, call = {}) => {
    let response = await send(path, call);
    if (response.status === 401 && (await access.renew())) response = await send(path, call);
    const body = await readBody(response, call.reads ?? 'json');
    if (response.ok)
      return {
        status: response.status,
        body,
        retryAfterMs: retryAfterOf(response),
        next: nextOf(response),
      };
    const failure = isProblem(body) ? failureOfProblem(body) : unexpectedReply(response.url, response.status);
    if (response.status === 401) access.end(failure);
    throw new FailureError(failure);
  };
}

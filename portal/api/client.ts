import type { Access } from '../access/session.ts';
import { type Failure, FailureError, unexpectedReply, unreachable } from './failure.ts';
import type { Problem } from './replies.ts';

/** Milliseconds. Connect may take ten seconds before it answers 202; nothing takes longer. */
const patienceMs = 30_000;

export interface Answer {
  status: number;
  body: unknown;
  /** Milliseconds that the service asks us to wait before we look again. */
  retryAfterMs: number | undefined;
}

const isProblem = (body: unknown): body is Problem =>
  typeof body === 'object' && body !== null && 'code' in body && 'remedy' in body;

function failureOfProblem(problem: Problem & { drillId?: unknown }): Failure {
  const { title, detail, code, hop, remedy, retryable, instance, drillId } = problem;
  return {
    title,
    detail,
    code,
    hop,
    remedy,
    retryable,
    instance,
    ...(typeof drillId === 'string' && { drillId }),
  };
}

const noAnswer = (cause: unknown): FailureError =>
  new FailureError(unreachable('The control plane', location.origin, navigator.onLine), cause);

async function readJson(response: Response): Promise<unknown> {
  // The connection may be cut in the middle of the body too.
  const text = await response.text().catch((cause: unknown) => {
    throw noAnswer(cause);
  });
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

interface Call {
  method?: 'GET' | 'POST' | 'PUT' | 'DELETE';
  body?: object;
  signal?: AbortSignal;
}

export type Ask = (path: string, call?: Call) => Promise<Answer>;

/** Asks the API as the signed-in user. Throws a `FailureError`; an aborted call throws the signal's reason. */
export function createAsk(access: Access): Ask {
  const send = async (path: string, { method = 'GET', body, signal }: Call): Promise<Response> => {
    const token = await access.token();
    const deadline = AbortSignal.timeout(patienceMs);
    try {
      return await fetch(path, {
        method,
        headers: {
          authorization: `Bearer ${token}`,
          ...(body && { 'content-type': 'application/json' }),
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
    const body = await readJson(response);
    if (response.ok) return { status: response.status, body, retryAfterMs: retryAfterOf(response) };
    const failure = isProblem(body) ? failureOfProblem(body) : unexpectedReply(response.url, response.status);
    if (response.status === 401) access.end(failure);
    throw new FailureError(failure);
  };
}

import type { CryptoKey } from 'jose';
import { z } from 'zod';
import { AppError, type ErrorCode, isErrorCode } from '#shared/domain/error.ts';
import {
  type AgentState,
  type AgentTokens,
  agentState,
  agentTokens,
  type CertificateRequestBody,
  type DeliveredCertificate,
  deliveredCertificate,
  type EnrolmentReply,
  type EnrolmentRequest,
  enrolmentReply,
} from '#shared/protocol/agent-messages.ts';
import { signAgentCall } from '#shared/protocol/agent-token.ts';
import type { AgentClock } from './clock.ts';

const timeoutMs = 15_000;
/** A chain with its key is about 10 KiB; anything near this is no answer of ours. */
const maxReplyBytes = 256 * 1024;
const longestRetryAfterMs = 5 * 60_000;

/** What the agent asks of the control plane. Each call is one attempt; the callers repeat what may be repeated. */
export interface ControlPlane {
  enrol(request: EnrolmentRequest): Promise<EnrolmentReply>;
  readState(): Promise<AgentState>;
  fetchCertificate(): Promise<DeliveredCertificate>;
  /** The same id again with the same request changes nothing. */
  sendCertificateRequest(request: CertificateRequestBody): Promise<void>;
  fetchTokens(): Promise<AgentTokens>;
}

export interface ControlPlaneOptions {
  origin: string;
  machineId: string;
  signingKey: CryptoKey;
  clock: AgentClock;
  /** Ends calls that are under way. */
  signal: AbortSignal;
  onClockChange(offsetMs: number): void;
}

const problemCode = z.object({ code: z.string(), detail: z.string().max(1000).optional() });

async function readBounded(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    if (size > maxReplyBytes)
      throw new AppError('internal_error', `the reply is larger than ${maxReplyBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** RFC 9110 section 10.2.3: seconds or a date. */
function retryAfterMs(header: string | null, now: number): number | undefined {
  if (header === null) return undefined;
  const wait = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - now;
  return Number.isNaN(wait) ? undefined : Math.min(Math.max(wait, 0), longestRetryAfterMs);
}

/** The code of an answer that is not one of our problems, for example a gateway's page. */
function codeOfStatus(status: number): ErrorCode {
  if (status === 401) return 'agent_token_invalid';
  if (status === 403) return 'enrolment_refused';
  return status === 429 || status >= 500 ? 'internal_error' : 'invalid_request';
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export function createControlPlane(options: ControlPlaneOptions): ControlPlane {
  const { machineId, signingKey, clock, signal } = options;

  async function call<T>(method: string, path: string, schema: z.ZodType<T>, body?: object): Promise<T> {
    const url = new URL(path, options.origin).href;
    const bytes = new TextEncoder().encode(body === undefined ? '' : JSON.stringify(body));
    const token = await signAgentCall(
      signingKey,
      machineId,
      { method, url, body: bytes },
      clock.nowSeconds(),
    );
    let response: Response;
    let text: string;
    try {
      response = await fetch(url, {
        method,
        headers: {
          authorization: `Bearer ${token}`,
          accept: 'application/json',
          ...(body !== undefined && { 'content-type': 'application/json' }),
        },
        ...(method !== 'GET' && { body: bytes }),
        // A redirect would carry the signature elsewhere, and its audience would not match.
        redirect: 'error',
        signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
      });
      text = await readBounded(response);
    } catch (cause) {
      if (cause instanceof AppError) throw cause;
      throw new AppError('internal_error', `${method} ${path}: the control plane does not answer`, { cause });
    }
    const offsetMs = clock.observe(response.headers.get('date'));
    if (offsetMs !== undefined) options.onClockChange(offsetMs);
    const value = parseJson(text);
    if (!response.ok) {
      const problem = problemCode.safeParse(value).data;
      const code = problem && isErrorCode(problem.code) ? problem.code : codeOfStatus(response.status);
      const waitMs = retryAfterMs(response.headers.get('retry-after'), clock.now());
      throw new AppError(code, `${method} ${path}: ${problem?.detail ?? `status ${response.status}`}`, {
        facts: { status: response.status },
        ...(waitMs !== undefined && { retryAfterMs: waitMs }),
      });
    }
    const parsed = schema.safeParse(value);
    if (!parsed.success)
      throw new AppError('internal_error', `${method} ${path}: the reply has not the agreed shape`, {
        cause: parsed.error,
      });
    return parsed.data;
  }

  return {
    enrol: (request) => call('POST', '/api/agent/enrolment', enrolmentReply, request),
    readState: () => call('GET', '/api/agent/state', agentState),
    fetchCertificate: () => call('GET', '/api/agent/certificate', deliveredCertificate),
    async sendCertificateRequest(request) {
      await call('PUT', '/api/agent/certificate-request', z.unknown(), request);
    },
    fetchTokens: () => call('POST', '/api/agent/tokens', agentTokens, {}),
  };
}

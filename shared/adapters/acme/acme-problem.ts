import { z } from 'zod';
import { AppError, type ErrorCode } from '#shared/domain/error.ts';

const urnPrefix = 'urn:ietf:params:acme:error:';

const subproblemShape = z.object({
  type: z.string().default('about:blank'),
  detail: z.string().default(''),
  identifier: z.object({ type: z.string(), value: z.string() }).optional(),
});

export const problemShape = z.object({
  type: z.string().default('about:blank'),
  detail: z.string().default(''),
  status: z.number().optional(),
  subproblems: z.array(subproblemShape).default([]),
});

export type ProblemDocument = z.infer<typeof problemShape>;
export type Subproblem = z.infer<typeof subproblemShape>;

/** `badNonce` of `urn:ietf:params:acme:error:badNonce`; types of other origin stay whole. */
const shortType = (type: string): string =>
  type.startsWith(urnPrefix) ? type.slice(urnPrefix.length) : type;

/** What an authority answered instead of what was asked for (RFC 8555 section 6.7). */
export class AcmeProblem extends Error {
  /** HTTP status; 0 for a problem that was read inside an order or a challenge. */
  readonly status: number;
  readonly type: string;
  readonly detail: string;
  readonly subproblems: readonly Subproblem[];
  readonly retryAfterMs: number | undefined;

  constructor(status: number, document: ProblemDocument, retryAfterMs?: number) {
    super(`${shortType(document.type)}: ${document.detail}`);
    this.name = 'AcmeProblem';
    this.status = status;
    this.type = shortType(document.type);
    this.detail = document.detail;
    this.subproblems = document.subproblems;
    this.retryAfterMs = retryAfterMs;
  }
}

/** Let's Encrypt's shortest limit refills within minutes; an authority that limits and names no time is asked then. */
const unnamedLimitMs = 10 * 60 * 1000;

/** Types that say that a name was not proven, RFC 8555 section 6.7 (`caa` included: the zone forbids). */
const proofTypes = new Set(['caa', 'compound', 'connection', 'dns', 'incorrectResponse', 'tls']);
/** Types that say nothing about the request: it may simply be sent again. */
const transientTypes = new Set(['badNonce', 'serverInternal']);

function codeOf({ type, status }: AcmeProblem): ErrorCode {
  if (type === 'rateLimited' || status === 429) return 'certificate_rate_limited';
  if (transientTypes.has(type) || status >= 500) return 'certificate_authority_unavailable';
  // Inside a challenge `unauthorized` means a wrong record; as an answer to a request it means our account.
  if (proofTypes.has(type) || (type === 'unauthorized' && status === 0))
    return 'certificate_challenge_failed';
  return 'certificate_order_refused';
}

const sentence = ({ type, detail, identifier }: Subproblem): string =>
  `${identifier ? `${identifier.value}: ` : ''}${detail || shortType(type)}`;

/** A problem in our words; an AppError stays what it is, anything else is unknown to us and is passed on. */
export function toRefusal(error: unknown): unknown {
  if (!(error instanceof AcmeProblem)) return error;
  const code = codeOf(error);
  const { type, status, detail, subproblems } = error;
  const sentences = [detail || type, ...subproblems.map(sentence)];
  const retryAfterMs =
    error.retryAfterMs ?? (code === 'certificate_rate_limited' ? unnamedLimitMs : undefined);
  return new AppError(code, sentences.join('; '), {
    cause: error,
    facts: { type, ...(status > 0 && { status }), ...(subproblems.length > 0 && { subproblems }) },
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  });
}

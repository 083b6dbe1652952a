import { z } from 'zod';
import { AppError, type ErrorCode } from '#shared/domain/error.ts';

const urnPrefix = 'urn:ietf:params:acme:error:';
/** An authority's words are kept in documents: a page of text, and a line for each of the names of an order. */
const longestDetail = 1_000;
const mostSubproblems = 20;

const type = z.string().max(200).catch('about:blank').default('about:blank');
const detail = z
  .string()
  .transform((text) => text.slice(0, longestDetail))
  .catch('')
  .default('');

const subproblemShape = z.object({
  type,
  detail,
  identifier: z.object({ type: z.string(), value: z.string() }).optional(),
});

/** RFC 7807 with the subproblems of RFC 8555 section 6.7.1. */
export const problemShape = z.object({
  type,
  detail,
  subproblems: z
    .array(subproblemShape)
    .transform((list) => list.slice(0, mostSubproblems))
    .catch([])
    .default([]),
});

export type ProblemDocument = z.infer<typeof problemShape>;
export type Subproblem = z.infer<typeof subproblemShape>;

/** `badNonce` of `urn:ietf:params:acme:error:badNonce`; types of other origin stay whole. */
const shortType = (name: string): string =>
  name.startsWith(urnPrefix) ? name.slice(urnPrefix.length) : name;

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

/** Types that say that a name was not proven, RFC 8555 section 6.7. */
const proofTypes = new Set(['compound', 'connection', 'dns', 'incorrectResponse', 'tls']);
/** Types that say nothing about the request: it may simply be sent again. */
const transientTypes = new Set(['badNonce', 'serverInternal']);

function codeOf({ type, status, subproblems }: AcmeProblem): ErrorCode {
  if (type === 'rateLimited' || status === 429) return 'certificate_rate_limited';
  if (transientTypes.has(type) || status >= 500) return 'certificate_authority_unavailable';
  // One name that a CAA record forbids forbids the order, whatever else is wrong with the others.
  if ([type, ...subproblems.map((one) => shortType(one.type))].includes('caa'))
    return 'certificate_authority_forbidden';
  // Inside a challenge `unauthorized` means a wrong record; as an answer to a request it means our account.
  if (proofTypes.has(type) || (type === 'unauthorized' && status === 0))
    return 'certificate_challenge_failed';
  return 'certificate_order_refused';
}

/** Whether the authority understood the request and does not want it: not a limit, an outage or a lost nonce. */
export const isRefusal = (error: unknown): error is AcmeProblem =>
  error instanceof AcmeProblem &&
  !['certificate_rate_limited', 'certificate_authority_unavailable'].includes(codeOf(error));

const sentence = ({ type, detail, identifier }: Subproblem): string =>
  `${identifier ? `${identifier.value}: ` : ''}${detail || shortType(type)}`;

/** A problem in our words, under another code where the step knows better. */
export function refusalOf(problem: AcmeProblem, code: ErrorCode = codeOf(problem)): AppError {
  const { type, status, detail, subproblems } = problem;
  // What is said of a name is not said twice.
  const isRepeated = subproblems.some((one) => one.detail === detail);
  const sentences = [...(isRepeated ? [] : [detail || type]), ...subproblems.map(sentence)];
  const retryAfterMs =
    problem.retryAfterMs ?? (code === 'certificate_rate_limited' ? unnamedLimitMs : undefined);
  return new AppError(code, sentences.join('; '), {
    cause: problem,
    facts: { type, ...(status > 0 && { status }), ...(subproblems.length > 0 && { subproblems }) },
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  });
}

/** An AppError stays what it is, anything else that is no problem is unknown to us and is passed on. */
export const toRefusal = (error: unknown): unknown =>
  error instanceof AcmeProblem ? refusalOf(error) : error;

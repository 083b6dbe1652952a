import type { HttpReply } from '#local/kit/http-server.ts';

/** Error types of RFC 8555 section 6.7, RFC 9773 section 7.4 and the profiles draft, with their HTTP status. */
const statuses = {
  accountDoesNotExist: 400,
  alreadyReplaced: 409,
  alreadyRevoked: 400,
  badCSR: 400,
  badNonce: 400,
  badPublicKey: 400,
  badRevocationReason: 400,
  badSignatureAlgorithm: 400,
  caa: 403,
  compound: 400,
  dns: 400,
  externalAccountRequired: 403,
  incorrectResponse: 403,
  invalidContact: 400,
  invalidProfile: 400,
  malformed: 400,
  orderNotReady: 403,
  rateLimited: 429,
  rejectedIdentifier: 400,
  serverInternal: 500,
  unauthorized: 403,
  unsupportedContact: 400,
  unsupportedIdentifier: 400,
} as const;

export type ProblemType = keyof typeof statuses;

export interface Identifier {
  type: 'dns';
  value: string;
}

/** RFC 8555 section 6.7.1: what is wrong with one identifier of several. */
export interface Subproblem {
  type: string;
  detail: string;
  identifier: Identifier;
}

export interface ProblemDocument {
  type: string;
  detail: string;
  status: number;
  subproblems?: Subproblem[];
  /** With badSignatureAlgorithm: what would have been accepted. */
  algorithms?: string[];
}

export const problemUrn = (type: ProblemType): string => `urn:ietf:params:acme:error:${type}`;

export interface ProblemOptions {
  status?: number;
  subproblems?: Subproblem[];
  algorithms?: string[];
  /** Sent as Retry-After in whole seconds, rounded up. */
  retryAfterMs?: number;
  /** Sent as Location: the resource that stands in the way. */
  location?: string;
}

/** A refusal in the shape of RFC 8555. */
export class Problem extends Error {
  readonly document: ProblemDocument;
  readonly retryAfterMs: number | undefined;
  readonly location: string | undefined;

  constructor(type: ProblemType, detail: string, options: ProblemOptions = {}) {
    super(detail);
    this.name = 'Problem';
    this.retryAfterMs = options.retryAfterMs;
    this.location = options.location;
    this.document = {
      type: problemUrn(type),
      detail,
      status: options.status ?? statuses[type],
      ...(options.subproblems && { subproblems: options.subproblems }),
      ...(options.algorithms && { algorithms: options.algorithms }),
    };
  }
}

export const retryAfter = (ms: number): Record<string, string> => ({
  'retry-after': String(Math.max(1, Math.ceil(ms / 1000))),
});

/** Any thrown value as an answer; what is not a refusal is the server's own fault and is printed. */
export function renderProblem(error: unknown): HttpReply {
  if (!(error instanceof Problem)) console.error(error);
  const problem =
    error instanceof Problem ? error : new Problem('serverInternal', 'the certificate authority failed');
  return {
    status: problem.document.status,
    headers: {
      'content-type': 'application/problem+json',
      ...(problem.retryAfterMs !== undefined && retryAfter(problem.retryAfterMs)),
      ...(problem.location !== undefined && { location: problem.location }),
    },
    body: JSON.stringify(problem.document),
  };
}

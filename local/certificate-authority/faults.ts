import type { FaultKind } from '#local/kit/faults.ts';
import type { HttpReply } from '#local/kit/http-server.ts';
import { Problem, type ProblemType, renderProblem } from './problem.ts';
import { replacesFaults } from './replacement.ts';
import { routeOperations } from './routes.ts';

/** A fault of this name refuses nonces, each at the count that it is given. */
export const nonceFault = 'badNonce';

/** What calls are counted and faults are set by: the resources of RFC 8555, and refusals that hit what they name. */
export const operations: readonly string[] = [...routeOperations, nonceFault, ...replacesFaults];

export const faultKinds: readonly FaultKind[] = ['status', 'delayMs', 'drop', 'throttleMs', 'skewMs'];

const types: Readonly<Record<number, ProblemType>> = {
  401: 'unauthorized',
  403: 'unauthorized',
  409: 'alreadyReplaced',
  429: 'rateLimited',
};
/** An outage says when to come back, as load balancers of real authorities do. */
const outageMs = 1_000;

/** The refusal that a fault's status stands for. */
export function renderFault(status: number, operation: string): HttpReply {
  const type = types[status] ?? (status >= 500 ? 'serverInternal' : 'malformed');
  const detail = `fault switched on for ${operation}`;
  const mayComeBack = status === 429 || status >= 500;
  return renderProblem(new Problem(type, detail, { status, ...(mayComeBack && { retryAfterMs: outageMs }) }));
}

/** Too many requests of this kind, whatever the limits say. */
export function throttled(operation: string, waitMs: number): Problem {
  return new Problem('rateLimited', `too many requests for ${operation}`, { retryAfterMs: waitMs });
}

import { randomUUID } from 'node:crypto';
import type { HttpReply } from '#local/kit/http-server.ts';

/** The errors of Entra that this stand-in gives: OAuth code and status by AADSTS number. */
const errors = {
  50011: { error: 'invalid_request', status: 400 },
  50058: { error: 'login_required', status: 400 },
  50027: { error: 'invalid_request', status: 400 },
  50034: { error: 'invalid_grant', status: 400 },
  54005: { error: 'invalid_grant', status: 400 },
  65001: { error: 'invalid_grant', status: 400 },
  70000: { error: 'invalid_grant', status: 400 },
  70003: { error: 'unsupported_grant_type', status: 400 },
  70008: { error: 'invalid_grant', status: 400 },
  70011: { error: 'invalid_scope', status: 400 },
  70016: { error: 'authorization_pending', status: 400 },
  70018: { error: 'bad_verification_code', status: 400 },
  70019: { error: 'expired_token', status: 400 },
  70020: { error: 'slow_down', status: 400 },
  70021: { error: 'authorization_declined', status: 400 },
  90002: { error: 'invalid_request', status: 400 },
  90014: { error: 'invalid_request', status: 400 },
  90023: { error: 'invalid_request', status: 400 },
  90055: { error: 'temporarily_unavailable', status: 429 },
  500011: { error: 'invalid_resource', status: 400 },
  500112: { error: 'invalid_client', status: 401 },
  501481: { error: 'invalid_grant', status: 400 },
  700005: { error: 'invalid_grant', status: 400 },
  700016: { error: 'unauthorized_client', status: 400 },
  700054: { error: 'unsupported_response_type', status: 400 },
  700027: { error: 'invalid_client', status: 401 },
  900144: { error: 'invalid_request', status: 400 },
  900561: { error: 'invalid_request', status: 405 },
  7000215: { error: 'invalid_client', status: 401 },
  7000216: { error: 'invalid_client', status: 401 },
  7000218: { error: 'invalid_client', status: 401 },
  7000222: { error: 'invalid_client', status: 401 },
  7000229: { error: 'unauthorized_client', status: 400 },
  9002325: { error: 'invalid_request', status: 400 },
  9002326: { error: 'invalid_request', status: 400 },
  9002327: { error: 'invalid_request', status: 400 },
} as const;

export type EntraErrorNumber = keyof typeof errors;

export class EntraError extends Error {
  readonly number: EntraErrorNumber;
  constructor(number: EntraErrorNumber, message: string) {
    super(`AADSTS${number}: ${message}`);
    this.number = number;
  }
  get code(): string {
    return errors[this.number].error;
  }
  get status(): number {
    return errors[this.number].status;
  }
}

/** Thrown for what the real service has and this stand-in does not: 501 that names it. */
export class NotInStandIn extends Error {
  constructor(what: string) {
    super(`the local Entra stand-in has no ${what}`);
  }
}

/** Entra's JSON error body: `error`, `error_description`, `error_codes` and the identifiers for support. */
export function renderEntraError(error: unknown, nowMs: number): HttpReply {
  const timestamp = new Date(nowMs).toISOString().replace('T', ' ').replace(/\.\d+/, '');
  const ids = { timestamp, trace_id: randomUUID(), correlation_id: randomUUID() };
  const describe = (text: string) =>
    `${text} Trace ID: ${ids.trace_id} Correlation ID: ${ids.correlation_id} Timestamp: ${timestamp}`;
  if (error instanceof EntraError)
    return {
      status: error.status,
      body: {
        error: error.code,
        error_description: describe(error.message),
        error_codes: [error.number],
        ...ids,
      },
    };
  if (error instanceof NotInStandIn)
    return {
      status: 501,
      body: { error: 'not_implemented', error_description: describe(error.message), error_codes: [], ...ids },
    };
  console.error(error);
  return {
    status: 500,
    body: { error: 'server_error', error_description: describe('unexpected'), error_codes: [90033], ...ids },
  };
}

/** A status that was switched on, in Entra's shape. */
export const renderFault = (status: number, operation: string, nowMs: number): HttpReply => ({
  ...renderEntraError(new EntraError(90055, `Fault switched on for ${operation}.`), nowMs),
  status,
  headers: { 'retry-after': '1' },
});

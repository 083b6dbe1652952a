import { randomUUID } from 'node:crypto';
import type { HttpReply } from '#local/kit/http-server.ts';

export interface ArmErrorOptions {
  /** Azure DNS answers `{code, message}` without the `error` envelope that the rest of ARM has. */
  isFlat?: boolean;
  headers?: Record<string, string>;
}

/** A refusal in the words of Azure Resource Manager. */
export class ArmError extends Error {
  readonly status: number;
  readonly code: string;
  readonly options: ArmErrorOptions;
  constructor(status: number, code: string, message: string, options: ArmErrorOptions = {}) {
    super(message);
    this.status = status;
    this.code = code;
    this.options = options;
  }
}

/** For what Azure has and this stand-in does not. */
export const notInStandIn = (what: string): ArmError =>
  new ArmError(501, 'NotImplemented', `the local resource manager has no ${what}`);

export const requestIds = (correlationId: string | undefined): Record<string, string> => {
  const requestId = randomUUID();
  return { 'x-ms-request-id': requestId, 'x-ms-correlation-request-id': correlationId ?? requestId };
};

/** Too many requests, as ARM writes it: the wait is in the header, in seconds. */
export function throttled(throttleMs: number, subscriptionId: string, isRead: boolean): ArmError {
  const seconds = Math.max(1, Math.ceil(throttleMs / 1000));
  const kind = isRead ? 'reads' : 'writes';
  return new ArmError(
    429,
    'SubscriptionRequestsThrottled',
    `Number of '${kind}' requests for subscription '${subscriptionId}' exceeded the limit. Please try again after '${seconds}' seconds.`,
    { headers: { 'retry-after': String(seconds), [`x-ms-ratelimit-remaining-subscription-${kind}`]: '0' } },
  );
}

const faultCodes: Readonly<Record<number, string>> = {
  401: 'AuthenticationFailed',
  403: 'AuthorizationFailed',
  404: 'ResourceNotFound',
  409: 'Conflict',
  412: 'PreconditionFailed',
  429: 'TooManyRequests',
  503: 'ServerBusy',
  504: 'GatewayTimeout',
};

/** A switched-on status in ARM's shape. */
export const renderArmFault = (status: number, operation: string): HttpReply =>
  renderArmError(
    new ArmError(
      status,
      faultCodes[status] ?? (status >= 500 ? 'InternalServerError' : 'BadRequest'),
      `A fault is switched on for ${operation}.`,
      status === 429 || status === 503 ? { headers: { 'retry-after': '1' } } : {},
    ),
  );

export function renderArmError(error: unknown): HttpReply {
  if (error instanceof ArmError) {
    const { status, code, message, options } = error;
    const body = { code, message };
    return {
      status,
      headers: { 'x-ms-failure-cause': status >= 500 ? 'service' : 'gateway', ...options.headers },
      body: options.isFlat ? body : { error: body },
    };
  }
  console.error(error);
  return {
    status: 500,
    body: { error: { code: 'InternalServerError', message: 'The server encountered an internal error.' } },
  };
}

import { randomUUID } from 'node:crypto';
import type { HttpReply } from '#local/kit/http-server.ts';
import { SqlError } from './sql/syntax-error.ts';

/** An answer of 400 and above, as the service words it. */
export class CosmosError extends Error {
  override readonly name = 'CosmosError';
  readonly status: number;
  readonly code: string;
  /** `x-ms-substatus`, by which clients tell errors of one status apart. */
  readonly substatus: number | undefined;
  /** `x-ms-retry-after-ms` of a 429. */
  readonly retryAfterMs: number | undefined;

  constructor(status: number, code: string, message: string, substatus?: number, retryAfterMs?: number) {
    super(message);
    this.status = status;
    this.code = code;
    this.substatus = substatus;
    this.retryAfterMs = retryAfterMs;
  }
}

export const badRequest = (message: string, substatus?: number) =>
  new CosmosError(400, 'BadRequest', message, substatus);

/** 1001 tells a wrong partition key from other bad requests. */
export const wrongPartitionKey = (message: string) => badRequest(message, 1001);

export const unauthorized = (message: string) => new CosmosError(401, 'Unauthorized', message);

export const itemNotFound = () =>
  new CosmosError(404, 'NotFound', 'Entity with the specified id does not exist in the system.');

/** 1003 tells a missing database or container from a missing item. */
export const ownerNotFound = () => new CosmosError(404, 'NotFound', 'Owner resource does not exist', 1003);

export const resourceNotFound = () => new CosmosError(404, 'NotFound', 'Resource Not Found.');

export const conflict = (message = 'Entity with the specified id already exists in the system.') =>
  new CosmosError(409, 'Conflict', message);

export const preconditionFailed = () =>
  new CosmosError(412, 'PreconditionFailed', 'One of the specified pre-condition is not met.');

export const tooLarge = () => new CosmosError(413, 'RequestEntityTooLarge', 'Request size is too large.');

/** 3200: the request units of this second are used up. */
export const throttled = (retryAfterMs: number) =>
  new CosmosError(
    429,
    'TooManyRequests',
    'Request rate is large. More Request Units may be needed, so no changes were made. Please retry this request later.',
    3200,
    retryAfterMs,
  );

/** What the service has and this stand-in lacks. */
export const notImplemented = (what: string) =>
  new CosmosError(501, 'NotImplemented', `The local Cosmos DB stand-in does not implement ${what}.`);

/** The service's JSON error body; SqlError is its 400 with a list of syntax errors. */
export function renderError(error: unknown): HttpReply {
  const known = asCosmosError(error);
  const activityId = randomUUID();
  return {
    status: known.status,
    headers: {
      'x-ms-activity-id': activityId,
      'x-ms-request-charge': '1',
      ...(known.substatus !== undefined && { 'x-ms-substatus': String(known.substatus) }),
      ...(known.status === 429 && {
        'x-ms-retry-after-ms': String(known.retryAfterMs ?? throttledRetryAfterMs),
      }),
    },
    body: { code: known.code, message: `${known.message}\r\nActivityId: ${activityId}, local stand-in` },
  };
}

/** What a request is told to wait when nothing else says how long. */
const throttledRetryAfterMs = 10;

/** The answer of a switched-on fault. */
export function renderFault(status: number, operation: string): HttpReply {
  const [code, substatus] = faultCodes[status] ?? ['InjectedFault', undefined];
  return renderError(new CosmosError(status, code, `A fault is switched on for ${operation}.`, substatus));
}

const faultCodes: Readonly<Record<number, [code: string, substatus: number | undefined]>> = {
  408: ['RequestTimeout', undefined],
  410: ['Gone', 1002],
  429: ['TooManyRequests', 3200],
  449: ['RetryWith', undefined],
  500: ['InternalServerError', undefined],
  503: ['ServiceUnavailable', undefined],
};

function asCosmosError(error: unknown): CosmosError {
  if (error instanceof CosmosError) return error;
  if (error instanceof SqlError) {
    const { code, message, start, end } = error;
    const errors = [{ severity: 'Error', location: { start, end }, code, message }];
    return badRequest(`Message: ${JSON.stringify({ errors })}`);
  }
  console.error(error);
  return new CosmosError(
    500,
    'InternalServerError',
    'The local Cosmos DB stand-in failed; its log says why.',
  );
}

import { AppError, type ErrorFacts, toAppError } from '#shared/domain/error.ts';

/** A refusal of Azure Resource Manager or of a provider behind it, or its silence. */
export interface ArmFailure {
  /** Undefined when no answer came. */
  status: number | undefined;
  /** ARM's own code, for example `ResourceNotFound`. */
  code: string;
  message: string;
  /** What `Retry-After` asked for. */
  retryAfterMs: number | undefined;
  cause?: unknown;
}

/** `Retry-After` in seconds, or Azure's `retry-after-ms`. */
export function readRetryAfter(header: (name: string) => string | undefined): number | undefined {
  const milliseconds = Number(header('retry-after-ms') ?? Number.NaN);
  if (Number.isFinite(milliseconds)) return milliseconds;
  const seconds = Number(header('retry-after') ?? Number.NaN);
  return Number.isFinite(seconds) ? seconds * 1000 : undefined;
}

interface VendorError extends Error {
  statusCode?: number;
  code?: string;
  response?: { headers: { get(name: string): string | undefined } };
}

/** Told by name, so that no SDK is loaded for it. */
const vendorNames = new Set([
  'RestError',
  'AuthenticationError',
  'AuthenticationRequiredError',
  'CredentialUnavailableError',
  'AggregateAuthenticationError',
]);
const isVendorError = (error: unknown): error is VendorError =>
  error instanceof Error && vendorNames.has(error.name);

/** What an SDK threw, as a failure of ARM; undefined for anything else. */
export function asArmFailure(error: unknown): ArmFailure | undefined {
  if (!isVendorError(error)) return undefined;
  const { statusCode, code = '', message, response } = error;
  const retryAfterMs = response && readRetryAfter((name) => response.headers.get(name));
  return { status: statusCode, code, message, retryAfterMs, cause: error };
}

/** Silence, trouble inside and throttling pass by themselves; every other status is a refusal. */
export const isPassing = ({ status }: ArmFailure): boolean =>
  status === undefined || status === 408 || status === 429 || status >= 500;

const notRegistered = new Set(['MissingSubscriptionRegistration', 'SubscriptionNotRegistered']);

/** Ours for a failure; `doing` names the call ("GET /subscriptions/..."). */
export function armError(failure: ArmFailure, doing: string): AppError {
  const { status, code, message, retryAfterMs, cause } = failure;
  const facts: ErrorFacts = {
    ...(status !== undefined && { armStatus: status }),
    ...(code !== '' && { armCode: code }),
    armMessage: message,
  };
  const ours = notRegistered.has(code)
    ? 'provider_not_registered'
    : isPassing(failure)
      ? 'resource_manager_unavailable'
      : 'resource_manager_refused';
  return new AppError(ours, `${doing}: ${[status, code, message].filter(Boolean).join(' ')}`, {
    facts,
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    ...(cause !== undefined && { cause }),
  });
}

/** ARM's status in an error of ours. */
export const armStatus = (error: unknown): number | undefined => {
  const status = error instanceof AppError ? error.facts['armStatus'] : undefined;
  return typeof status === 'number' ? status : undefined;
};

/** Undefined for what ARM does not have. */
export async function orMissing<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if (armStatus(error) === 404) return undefined;
    throw error;
  }
}

/** Anything that a call through an SDK threw, as ours. */
export function toArmError(error: unknown, doing: string): AppError {
  const failure = asArmFailure(error);
  return failure ? armError(failure, doing) : toAppError(error);
}

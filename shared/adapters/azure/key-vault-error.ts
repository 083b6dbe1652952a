import type { TokenCredential } from '@azure/identity';
import { AppError, toAppError } from '#shared/domain/error.ts';

export interface KeyVaultAccess {
  /** `https://<vault>.vault.azure.net`. */
  vaultUrl: string;
  credential: TokenCredential;
}

/** What the vault's clients and the credentials under them throw; told by name, so that no SDK is loaded for it. */
const vendorErrors = new Set([
  'RestError',
  'AuthenticationError',
  'AuthenticationRequiredError',
  'CredentialUnavailableError',
  'AggregateAuthenticationError',
]);

interface VendorError extends Error {
  statusCode?: number;
  details?: { error?: { innerError?: { code?: string } } };
  response?: { headers: { get(name: string): string | undefined } };
}

const isVendorError = (error: unknown): error is VendorError =>
  error instanceof Error && vendorErrors.has(error.name);

/** The vault's HTTP status, or undefined when it did not answer or the error is not of the vault. */
export const statusOf = (error: unknown): number | undefined =>
  isVendorError(error) ? error.statusCode : undefined;

export const isNotFound = (error: unknown): boolean => statusOf(error) === 404;

/** The vault's own word for a state of an object (`ObjectIsBeingDeleted`, `SecretDisabled`), where it says one. */
const innerCodeOf = (error: unknown): string | undefined =>
  isVendorError(error) ? error.details?.error?.innerError?.code : undefined;

/** Deletion and recovery take some seconds, and the name is refused meanwhile. */
const passingStates = new Set(['ObjectIsBeingDeleted', 'ObjectIsBeingRecovered']);

/** Silence, trouble inside, throttling and moves of an object pass by themselves; every other status is a refusal. */
export const isPassing = (error: unknown): boolean => {
  const status = statusOf(error);
  if (status === undefined || status >= 500 || status === 429 || status === 408) return true;
  return passingStates.has(innerCodeOf(error) ?? '');
};

function retryAfterMs(error: VendorError): number | undefined {
  const seconds = Number(error.response?.headers.get('retry-after') ?? Number.NaN);
  return Number.isFinite(seconds) ? seconds * 1000 : undefined;
}

/** Ours for what a call to the vault threw; `doing` names the call ("reading the secret x"). */
function toKeyVaultError(error: unknown, doing: string): AppError {
  if (!isVendorError(error)) return toAppError(error);
  const code = isPassing(error) ? 'key_vault_unavailable' : 'key_vault_refused';
  const waitMs = retryAfterMs(error);
  return new AppError(code, `${doing}: ${error.message}`, {
    cause: error,
    ...(error.statusCode !== undefined && { facts: { vaultStatus: error.statusCode } }),
    ...(waitMs !== undefined && { retryAfterMs: waitMs }),
  });
}

/** Runs calls to the vault; what they throw leaves as an `AppError`. */
export async function atKeyVault<T>(doing: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw toKeyVaultError(error, doing);
  }
}

/** Undefined for what the vault does not have. */
export async function orAbsent<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/** Undefined for a secret, or the secret behind a certificate, that is disabled. */
export async function orDisabled<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if (innerCodeOf(error) === 'SecretDisabled') return undefined;
    throw error;
  }
}

import type { HttpReply } from '#local/kit/http-server.ts';

/** A refusal in the service's own shape: `{error: {code, message, innererror?: {code}}}`. */
export class VaultError extends Error {
  readonly status: number;
  readonly code: string;
  readonly innerCode: string | undefined;

  constructor(status: number, code: string, message: string, innerCode?: string) {
    super(message);
    this.status = status;
    this.code = code;
    this.innerCode = innerCode;
  }
}

export const badParameter = (message: string) => new VaultError(400, 'BadParameter', message);

export const conflict = (message: string, innerCode?: string) =>
  new VaultError(409, 'Conflict', message, innerCode);

export const forbidden = (message: string, innerCode: string) =>
  new VaultError(403, 'Forbidden', message, innerCode);

export const purgeForbidden = (vault: string) =>
  new VaultError(
    403,
    'Forbidden',
    'Operation "purge" is not allowed because purge protection is enabled for this vault. Key Vault service will ' +
      `automatically purge it after the retention period has passed. Vault: ${vault}`,
  );

/** What the service can do and this stand-in cannot: said by name, never guessed. */
export const lacking = (what: string) =>
  new VaultError(501, 'NotImplemented', `the local Key Vault stand-in lacks ${what}`);

/** As a vault refuses above its limits (/azure/key-vault/general/overview-throttling). */
export const throttledReply = (waitMs: number): HttpReply => ({
  ...errorReply(
    new VaultError(
      429,
      'Throttled',
      'Request was not processed because too many requests were received. Reason: VaultRequestTypeLimitReached',
    ),
  ),
  headers: { 'retry-after': String(Math.ceil(waitMs / 1000)) },
});

/** A status that was switched on, in the service's shape. */
export const faultReply = (status: number, operation: string): HttpReply => ({
  ...errorReply(new VaultError(status, 'InjectedFault', `fault switched on for ${operation}`)),
  headers: { 'retry-after': '1' },
});

export function errorReply(error: unknown): HttpReply {
  if (!(error instanceof VaultError)) {
    console.error(error);
    return {
      status: 500,
      body: { error: { code: 'InternalError', message: 'the local Key Vault stand-in failed; see its log' } },
    };
  }
  const { status, code, message, innerCode } = error;
  return {
    status,
    body: { error: { code, message, ...(innerCode && { innererror: { code: innerCode } }) } },
  };
}

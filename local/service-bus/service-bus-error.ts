import { standardTier } from './limits.ts';

/** Every refusal that this stand-in gives: the AMQP condition and the HTTP status that the service uses for it. */
const refusals = {
  argument: { condition: 'com.microsoft:argument-error', status: 400 },
  conflict: { condition: 'com.microsoft:entity-already-exists', status: 409 },
  entity_not_found: { condition: 'amqp:not-found', status: 404 },
  entity_disabled: { condition: 'com.microsoft:entity-disabled', status: 403 },
  framing: { condition: 'amqp:connection:framing-error', status: 400 },
  internal: { condition: 'amqp:internal-error', status: 500 },
  message_lock_lost: { condition: 'com.microsoft:message-lock-lost', status: 410 },
  message_not_found: { condition: 'com.microsoft:message-not-found', status: 404 },
  message_too_large: { condition: 'amqp:link:message-size-exceeded', status: 413 },
  not_allowed: { condition: 'amqp:not-allowed', status: 400 },
  /** The service has it and this stand-in does not. */
  not_implemented: { condition: 'amqp:not-implemented', status: 501 },
  quota_exceeded: { condition: 'amqp:resource-limit-exceeded', status: 403 },
  server_busy: { condition: 'com.microsoft:server-busy', status: 503 },
  session_cannot_be_locked: { condition: 'com.microsoft:session-cannot-be-locked', status: 409 },
  session_lock_lost: { condition: 'com.microsoft:session-lock-lost', status: 410 },
  timeout: { condition: 'com.microsoft:timeout', status: 408 },
  unauthorized: { condition: 'amqp:unauthorized-access', status: 401 },
} as const;

export type RefusalCode = keyof typeof refusals;

/** A refusal in the service's own terms; `message` is the description that the client sees. */
export class ServiceBusError extends Error {
  readonly code: RefusalCode;
  readonly condition: string;
  readonly status: number;

  constructor(code: RefusalCode, description: string) {
    super(description);
    this.name = 'ServiceBusError';
    this.code = code;
    this.condition = refusals[code].condition;
    this.status = refusals[code].status;
  }
}

export const messageLockLost = () =>
  new ServiceBusError(
    'message_lock_lost',
    'The lock supplied is invalid. Either the lock expired, or the message has already been removed from the queue.',
  );

export const sessionLockLost = () =>
  new ServiceBusError('session_lock_lost', 'The session lock has expired. Accept a new session receiver.');

export const entityNotFound = (path: string) =>
  new ServiceBusError('entity_not_found', `The messaging entity '${path}' could not be found.`);

export const alreadyExists = (path: string) =>
  new ServiceBusError('conflict', `SubCode=40900. Conflict. The messaging entity '${path}' already exists.`);

export const messageTooLarge = (size: number) =>
  new ServiceBusError(
    'message_too_large',
    `The received message (size:${size} bytes) exceeds the limit (${standardTier.messageBytes} bytes) currently allowed on the link.`,
  );

/** The service's sentence for throttling (learn.microsoft.com, "service-bus-throttling"). */
export const throttled = (waitMs: number) =>
  new ServiceBusError(
    'server_busy',
    `The request was terminated because the entity is being throttled. Error code: 50009. Please wait ${Math.ceil(waitMs / 1000)} seconds and try again.`,
  );

/** What a client sees of anything thrown: our own refusals as they are, the rest as an internal error. */
export function asServiceBusError(error: unknown): ServiceBusError {
  if (error instanceof ServiceBusError) return error;
  return new ServiceBusError('internal', error instanceof Error ? error.message : String(error));
}

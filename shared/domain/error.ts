import { accessErrors } from './errors/access.ts';
import { callerErrors } from './errors/caller.ts';
import { machineErrors } from './errors/machine.ts';
import { platformErrors } from './errors/platform.ts';
import type { ErrorRow, Hop } from './errors/row.ts';

/** Every failure that leaves the system, by its stable code. Codes are facts and are never renamed. */
export const errorTable = {
  ...callerErrors,
  ...accessErrors,
  ...platformErrors,
  ...machineErrors,
} as const satisfies Record<string, ErrorRow>;

export type ErrorCode = keyof typeof errorTable;

export const isErrorCode = (text: string): text is ErrorCode => Object.hasOwn(errorTable, text);

/** Facts for the reader; plain JSON values only, so that they survive every boundary. Never a secret. */
export type ErrorFacts = Readonly<Record<string, unknown>>;

export interface AppErrorOptions {
  facts?: ErrorFacts;
  /** When to try again, in milliseconds from now, where the other side said so. */
  retryAfterMs?: number;
  cause?: unknown;
}

/** The one error class. `message` says what happened in this case; the rest comes from the table. */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly facts: ErrorFacts;
  readonly retryAfterMs: number | undefined;

  constructor(code: ErrorCode, detail: string, options: AppErrorOptions = {}) {
    super(detail, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'AppError';
    this.code = code;
    this.facts = options.facts ?? {};
    this.retryAfterMs = options.retryAfterMs;
  }

  get hop(): Hop {
    return errorTable[this.code].hop;
  }

  get isRetryable(): boolean {
    return errorTable[this.code].retryable;
  }
}

/** What is kept of an error in a document, an operation or a Durable output. */
export interface ErrorRecord {
  code: ErrorCode;
  hop: Hop;
  title: string;
  detail: string;
  remedy: string;
  retryable: boolean;
  facts?: ErrorFacts;
}

export function describeError(error: AppError): ErrorRecord {
  const { hop, title, remedy, retryable } = errorTable[error.code];
  const record: ErrorRecord = { code: error.code, hop, title, detail: error.message, remedy, retryable };
  return Object.keys(error.facts).length > 0 ? { ...record, facts: error.facts } : record;
}

/** Anything thrown, as ours; what we do not know becomes `internal_error` with the original as cause. */
export function toAppError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  const detail = error instanceof Error ? error.message : String(error);
  return new AppError('internal_error', detail, { cause: error });
}

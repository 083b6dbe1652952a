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

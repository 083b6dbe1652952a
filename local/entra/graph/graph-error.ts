import { randomUUID } from 'node:crypto';
import type { HttpReply } from '#local/kit/http-server.ts';

/** A refusal in Graph's own shape: `{error: {code, message, innerError}}`. */
export class GraphError extends Error {
  readonly status: number;
  readonly code: string;
  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

export const badRequest = (message: string) => new GraphError(400, 'Request_BadRequest', message);

export function requireFound<T>(found: T | undefined, id: string): T {
  if (found === undefined)
    throw new GraphError(
      404,
      'Request_ResourceNotFound',
      `Resource '${id}' does not exist or one of its queried reference-property objects are not present.`,
    );
  return found;
}

export const renderGraphError = (error: GraphError, headers: Record<string, string> = {}): HttpReply => ({
  status: error.status,
  headers: { ...(error.status === 401 && { 'www-authenticate': 'Bearer realm=""' }), ...headers },
  body: {
    error: { code: error.code, message: error.message, innerError: { 'request-id': randomUUID() } },
  },
});

import { randomUUID } from 'node:crypto';
import type { HttpResponseInit } from '@azure/functions';
import type { AppError } from '#shared/domain/error.ts';
import { errorTable } from '#shared/domain/error.ts';

/** Members that RFC 9457 or the table already define; facts of the same name do not override them. */
const reserved = new Set([
  'type',
  'title',
  'status',
  'detail',
  'instance',
  'code',
  'hop',
  'remedy',
  'retryable',
]);

/** One of our errors as an RFC 9457 problem. `instance` is a name for the log, not an address. */
export function problemOf(error: AppError): { response: HttpResponseInit; instance: string } {
  const { status, hop, title, remedy, retryable } = errorTable[error.code];
  const instance = `urn:uuid:${randomUUID()}`;
  const facts = Object.fromEntries(Object.entries(error.facts).filter(([name]) => !reserved.has(name)));
  const retryAfter =
    error.retryAfterMs === undefined ? (retryable ? 5 : undefined) : Math.ceil(error.retryAfterMs / 1000);
  return {
    instance,
    response: {
      status,
      headers: {
        'content-type': 'application/problem+json',
        'cache-control': 'no-store',
        ...(retryAfter !== undefined && { 'retry-after': String(retryAfter) }),
        ...(status === 401 && { 'www-authenticate': 'Bearer' }),
      },
      body: JSON.stringify({
        ...facts,
        type: `/api/openapi.json#${error.code}`,
        title,
        status,
        // What failed inside is for the log; only its name leaves.
        detail:
          error.code === 'internal_error' ? 'The failure is in the log under `instance`.' : error.message,
        instance,
        code: error.code,
        hop,
        remedy,
        retryable,
      }),
    },
  };
}

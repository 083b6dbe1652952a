import type { HttpRequest } from '@azure/functions';
import { AppError } from '#shared/domain/error.ts';

/** RFC 9110 section 13.1.1: honoured when it is sent. Throws `precondition_failed`. */
export function requireIfMatch(request: HttpRequest, etag: string): void {
  const wanted = request.headers.get('if-match');
  if (wanted === null || wanted.trim() === '*') return;
  const listed = wanted.split(',').map((one) => one.trim());
  if (!listed.includes(etag)) throw new AppError('precondition_failed', `the ETag is now ${etag}`);
}

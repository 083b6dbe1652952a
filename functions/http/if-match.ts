import type { HttpRequest } from '@azure/functions';
import { AppError } from '#shared/domain/error.ts';

export const changedMeanwhile = (etag: string): AppError =>
  new AppError('precondition_failed', `the ETag is now ${etag}`);

/**
 * RFC 9110 section 13.1.1: honoured when it is sent. True when the request is about this ETag alone: what it then
 * writes has to be written by it, for two may come with one ETag. Throws `precondition_failed`.
 */
export function requireIfMatch(request: HttpRequest, etag: string): boolean {
  const wanted = request.headers.get('if-match');
  if (wanted === null || wanted.trim() === '*') return false;
  const listed = wanted.split(',').map((one) => one.trim());
  if (!listed.includes(etag)) throw changedMeanwhile(etag);
  return true;
}

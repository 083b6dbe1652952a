import type { HttpReply } from '#local/kit/http-server.ts';
import { ArmError } from './arm-error.ts';
import type { ArmCall } from './type-rules.ts';

const defaultPageSize = 100;
const maxPageSize = 500;

export interface Page {
  after: string;
  limit: number;
}

/** `$top` (a page size here, as in most providers) and `$skipToken`, whose content is ours to choose. */
export function readPage(query: URLSearchParams, pageSize = defaultPageSize): Page {
  const top = query.get('$top');
  if (top !== null && !/^[1-9]\d{0,5}$/.test(top))
    throw new ArmError(
      400,
      'InvalidTopParameter',
      `The value '${top}' of '$top' must be a positive integer.`,
    );
  const token = query.get('$skipToken') ?? query.get('$skiptoken');
  const after = token === null ? '' : Buffer.from(token, 'base64url').toString('utf8');
  return { after, limit: top === null ? pageSize : Math.min(Number(top), maxPageSize) };
}

/** One page of a list; `items` holds one more than the page when there is a next one. */
export function replyWithPage<T extends { key: string }>(
  call: ArmCall,
  origin: string,
  items: readonly T[],
  page: Page,
  show: (item: T) => object,
): HttpReply {
  const shown = items.slice(0, page.limit);
  const last = shown.at(-1);
  const hasMore = items.length > page.limit && last !== undefined;
  const next = new URL(`${origin}${call.request.url.pathname}${call.request.url.search}`);
  if (hasMore) next.searchParams.set('$skipToken', Buffer.from(last.key).toString('base64url'));
  return { status: 200, body: { value: shown.map(show), ...(hasMore && { nextLink: next.href }) } };
}

import { z } from 'zod';
import { badRequest } from '../errors.ts';
import { type Exchange, jsonBody } from '../exchange.ts';
import { header } from '../routes.ts';
import type { Value } from '../sql/values.ts';

const schema = z.object({
  query: z.string(),
  parameters: z.array(z.object({ name: z.string().regex(/^@/), value: z.json().optional() })).default([]),
});

export interface QuerySpec {
  text: string;
  parameters: ReadonlyMap<string, Value>;
}

/** The body of a query request. Throws 400. */
export function parseQuerySpec(exchange: Exchange): QuerySpec {
  const parsed = schema.safeParse(jsonBody(exchange));
  if (!parsed.success) throw badRequest(`The query is not valid: ${z.prettifyError(parsed.error)}`);
  const { query, parameters } = parsed.data;
  return { text: query, parameters: new Map(parameters.map(({ name, value }) => [name, value])) };
}

const defaultPageSize = 100;
const maxPageSize = 1_000;

/** `x-ms-max-item-count` (-1 leaves it to the service) and `x-ms-continuation`. Throws 400. */
export function pageSize({ request }: Exchange): { maxItems: number; continuation: string | undefined } {
  const wanted = Number(header(request.headers, 'x-ms-max-item-count') ?? defaultPageSize);
  if (!Number.isInteger(wanted) || wanted === 0 || wanted < -1)
    throw badRequest('The value of x-ms-max-item-count must be -1 or at least 1.');
  const maxItems = wanted === -1 ? maxPageSize : Math.min(wanted, maxPageSize);
  return { maxItems, continuation: header(request.headers, 'x-ms-continuation') };
}

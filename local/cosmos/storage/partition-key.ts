import { badRequest, wrongPartitionKey } from '../errors.ts';
import { isObject, type Json, type JsonObject, type Value } from '../sql/values.ts';
import { valueAt } from './property-paths.ts';

/** One value per path of the container's key; undefined where the document has none. */
export type PartitionKey = readonly Value[];

/** The key as text: JSON with `{}` for a missing value, which is also how it stands in the header. */
export function partitionText(key: PartitionKey): string {
  return JSON.stringify(key.map((value) => (value === undefined ? {} : value)));
}

/** The texts of all keys that begin with these values lie from `from` up to, and without, `to`. */
export function prefixRange(prefix: PartitionKey): { from: string; to: string } {
  const from = `${partitionText(prefix).slice(0, -1)},`;
  return { from, to: `${from}\u{10FFFF}` };
}

const maxBytes = 2048;

/** A string of at most 2 KB, a number, a boolean or null. */
const isComponent = (value: Json) =>
  value === null ||
  (typeof value !== 'object' && (typeof value !== 'string' || Buffer.byteLength(value) <= maxBytes));

/** Reads the `x-ms-documentdb-partitionkey` header: a JSON array of primitives, `{}` for none. */
export function parsePartitionKey(header: string): PartitionKey {
  let content: unknown;
  try {
    content = JSON.parse(header);
  } catch {
    throw badRequest(`The partition key header '${header.slice(0, 100)}' is not JSON.`);
  }
  if (!Array.isArray(content)) throw badRequest('The partition key header must be a JSON array.');
  return content.map((value: Json) => {
    if (isObject(value) && Object.keys(value).length === 0) return undefined;
    if (!isComponent(value))
      throw badRequest(
        `A partition key holds strings of at most ${maxBytes} bytes, numbers, booleans and null only.`,
      );
    return value;
  });
}

/** The key that a document carries at the container's paths. */
export function partitionKeyOf(document: JsonObject, paths: readonly string[][]): PartitionKey {
  return paths.map((keys) => {
    const value = valueAt(document, keys);
    if (value !== undefined && !isComponent(value))
      throw wrongPartitionKey(
        `The partition key at '/${keys.join('/')}' must not be an object, an array or a string of more than ${maxBytes} bytes.`,
      );
    return value;
  });
}

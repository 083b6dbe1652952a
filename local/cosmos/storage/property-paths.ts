import { type JsonObject, member, type Value } from '../sql/values.ts';

/** `/address/"zip code"` as its keys. */
export function pathKeys(path: string): string[] {
  const segments = path.match(/"[^"]*"|[^/]+/g) ?? [];
  return segments.map((segment) => (segment.startsWith('"') ? segment.slice(1, -1) : segment));
}

export function valueAt(document: JsonObject, keys: readonly string[]): Value {
  return keys.reduce<Value>(member, document);
}

import { ServiceBusError } from '../service-bus-error.ts';

/** Readers of the request bodies of `$management`: decoded AMQP maps whose values may be anything. */
export type RequestBody = Readonly<Record<string, unknown>>;

const wrong = (key: string) =>
  new ServiceBusError('argument', `The request's '${key}' is missing or of a wrong type.`);

export const bodyOf = (body: unknown): RequestBody =>
  typeof body === 'object' && body !== null ? (body as RequestBody) : {};

/** The plain value inside of a typed one: nested maps and arrays come undecoded. */
const plainOf = (value: unknown): unknown =>
  typeof value === 'object' && value !== null && 'type' in value && 'value' in value ? value.value : value;

export function integerOf(value: unknown, key: string): number {
  const plain = plainOf(value);
  if (Buffer.isBuffer(plain) && plain.length === 8) return Number(plain.readBigInt64BE());
  if (typeof plain !== 'number' || !Number.isSafeInteger(plain)) throw wrong(key);
  return plain;
}

export const requireInteger = (body: RequestBody, key: string): number => integerOf(body[key], key);

export function findText(body: RequestBody, key: string): string | undefined {
  const plain = plainOf(body[key]);
  if (plain === null || plain === undefined) return undefined;
  if (typeof plain !== 'string') throw wrong(key);
  return plain;
}

export function requireText(body: RequestBody, key: string): string {
  const text = findText(body, key);
  if (text === undefined) throw wrong(key);
  return text;
}

export function requireArray(body: RequestBody, key: string): unknown[] {
  const plain = plainOf(body[key]);
  if (!Array.isArray(plain)) throw wrong(key);
  return plain;
}

export function requireBytes(value: unknown, key: string): Buffer {
  const plain = plainOf(value);
  if (!Buffer.isBuffer(plain)) throw wrong(key);
  return plain;
}

/** A value of a nested map, which comes as a flat list of typed keys and values. */
export function nestedValue(map: unknown, key: string): unknown {
  const plain = plainOf(map);
  if (!Array.isArray(plain)) return bodyOf(plain)[key];
  const at = plain.findIndex((item, index) => index % 2 === 0 && plainOf(item) === key);
  return at < 0 ? undefined : plain[at + 1];
}

/** Text under a key of a nested map; null and absent are the same. */
export function textIn(map: unknown, key: string): string | undefined {
  const plain = plainOf(nestedValue(map, key));
  return typeof plain === 'string' ? plain : undefined;
}

/** Keys and plain values of a nested map. */
export function entriesOf(map: unknown): [key: string, value: unknown][] {
  const plain = plainOf(map);
  if (!Array.isArray(plain))
    return Object.entries(bodyOf(plain)).map(([key, value]) => [key, plainOf(value)]);
  const entries: [string, unknown][] = [];
  for (let index = 0; index + 1 < plain.length; index += 2)
    entries.push([String(plainOf(plain[index])), plainOf(plain[index + 1])]);
  return entries;
}

import fc from 'fast-check';
import { z } from 'zod';

/** The part of JSON Schema that the schemas of our requests are written in. */
interface Schema {
  type?: string | string[];
  const?: unknown;
  enum?: unknown[];
  anyOf?: Schema[];
  oneOf?: Schema[];
  allOf?: Schema[];
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  minimum?: number;
  maximum?: number;
  maxLength?: number;
  format?: string;
}

type Value = fc.Arbitrary<unknown>;

const strangeTexts = [
  '',
  ' ',
  '\u0000',
  '\ud800',
  '\u202e',
  '\ufeff',
  '../../../etc/passwd',
  "' OR 1=1 --",
  '%00',
  '__proto__',
  'constructor',
  '/subscriptions//resourceGroups',
  'é'.repeat(5000),
  'x'.repeat(30_000),
];
const text: Value = fc.oneof(fc.string({ unit: 'binary', maxLength: 40 }), fc.constantFrom(...strangeTexts));
const number: Value = fc.oneof(
  fc.double(),
  fc.integer(),
  fc.constantFrom(-0, -1, 0.5, 2 ** 31, 2 ** 53, 1e308, -1e308, 1e21),
);
const deep = (levels: number): unknown =>
  Array.from({ length: levels }).reduce((inner) => ({ a: [inner] }), 1 as unknown);

/** Anything that JSON can say. */
const anything: Value = fc.oneof(
  { weight: 3, arbitrary: fc.jsonValue({ maxDepth: 3 }) },
  text,
  number,
  fc.constantFrom(null, true, [], {}, [[]]),
  fc.integer({ min: 20, max: 300 }).map(deep),
);

function fitting({ format, maxLength = 60 }: Schema): Value {
  if (format === 'date-time') return fc.date({ noInvalidDate: true }).map((date) => date.toISOString());
  if (format === 'uuid' || format === 'guid') return fc.uuid();
  return fc.oneof(fc.string({ maxLength: Math.min(maxLength, 60) }), fc.constant('x'.repeat(maxLength)));
}

/** What this schema accepts, more often than not. */
function accepted(schema: Schema): Value {
  if ('const' in schema) return fc.constant(schema.const);
  if (schema.enum) return fc.constantFrom(...schema.enum);
  const variants = schema.anyOf ?? schema.oneOf;
  if (variants) return fc.oneof(...variants.map(accepted));
  const type = Array.isArray(schema.type) ? schema.type[0] : schema.type;
  switch (type) {
    case 'object': {
      const { properties = {}, required = [] } = schema;
      const members = Object.fromEntries(
        Object.entries(properties).map(([name, one]) => [name, accepted(one)]),
      );
      return fc.record(members, { requiredKeys: required.filter((name) => name in members) });
    }
    case 'array':
      return fc.array(accepted(schema.items ?? {}), { maxLength: 4 });
    case 'integer':
    case 'number':
      return fc.integer({
        min: Math.max(schema.minimum ?? 0, -1e9),
        max: Math.max(schema.minimum ?? 0, Math.min(schema.maximum ?? 1e6, 1e9)),
      });
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    case 'string':
      return fitting(schema);
    default:
      return anything;
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  value !== null && typeof value === 'object';

/** A place in a value, by a number that is drawn; what is put there takes the place of what was. */
function replaceAt(value: unknown, place: number, by: unknown): unknown {
  if (!isObject(value)) return by;
  const names = Object.keys(value);
  const name = names[place % (names.length + 1)];
  if (name === undefined) return by;
  const changed = replaceAt(value[name], Math.floor(place / (names.length + 1)), by);
  const copy: unknown = Array.isArray(value) ? [...value] : { ...value };
  // Defined, not set: one of the names is `__proto__`.
  Object.defineProperty(copy, name, {
    value: changed,
    enumerable: true,
    writable: true,
    configurable: true,
  });
  return copy;
}

const surprises = ['surprise', '__proto__', 'constructor', 'toString', '', 'a.b', '\u0000', '\ud800', '0'];

const withMember = (value: unknown, name: string, member: unknown): string => {
  const inside = JSON.stringify(value) ?? 'null';
  const added = `${JSON.stringify(name)}:${JSON.stringify(member)}`;
  return inside.startsWith('{') ? `{${added}${inside === '{}' ? '' : ','}${inside.slice(1)}` : inside;
};

const brokenBy: readonly ((good: string) => string)[] = [
  (good) => good.slice(0, Math.ceil(good.length / 2)),
  (good) => `${good}${good}`,
  (good) => `\ufeff${good}`,
  (good) => `${good}\0`,
  (good) => good.replace(/\d+/, '1e999'),
  (good) => good.replace(/\d+/, '123456789012345678901234567890'),
  (good) => good.replace(/\{("[^"]*":)/, '{$1null,$1'),
  (good) => good.replaceAll('"', "'"),
  () => '['.repeat(5000),
  () => `${'{"a":'.repeat(5000)}1${'}'.repeat(5000)}`,
  () => '',
];

/** Texts that are sent as a body where this schema is expected: good ones, and good ones of which something is wrong. */
export function hostileBodies(schema: z.ZodType | undefined): fc.Arbitrary<string> {
  const shape: Schema = schema
    ? (z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Schema)
    : {};
  const good = accepted(shape);
  const write = (value: unknown) => JSON.stringify(value) ?? 'null';
  return fc.oneof(
    { weight: 2, arbitrary: good.map(write) },
    {
      weight: 4,
      arbitrary: fc
        .tuple(good, fc.nat({ max: 500 }), anything)
        .map(([value, place, by]) => write(replaceAt(value, place, by))),
    },
    {
      weight: 2,
      arbitrary: fc
        .tuple(good, fc.constantFrom(...surprises), anything)
        .map(([value, name, member]) => withMember(value, name, member)),
    },
    {
      weight: 2,
      arbitrary: fc.tuple(good, fc.constantFrom(...brokenBy)).map(([value, breaks]) => breaks(write(value))),
    },
    { weight: 1, arbitrary: anything.map(write) },
  );
}

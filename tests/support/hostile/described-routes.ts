/** The part of OpenAPI 3.0's schemas that the description uses. */
export interface Schema {
  type?: string;
  enum?: unknown[];
  nullable?: boolean;
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  minItems?: number;
  minimum?: number;
  maximum?: number;
  minLength?: number;
  format?: string;
  pattern?: string;
  anyOf?: Schema[];
  oneOf?: Schema[];
  allOf?: Schema[];
  additionalProperties?: boolean | Schema;
}

interface Described {
  security?: Record<string, unknown>[];
  parameters?: { name: string; in: string; required?: boolean }[];
  requestBody?: { content: { 'application/json': { schema: Schema } } };
}

export interface DescribedRoute {
  /** `PUT`. */
  method: string;
  /** `/api/machines/{id}/extension`. */
  path: string;
  /** `entra`, `agentCall`, or absent where anybody may call. */
  security: string | undefined;
  query: string[];
  body: Schema | undefined;
}

/** Every route of `/api/openapi.json`. */
export const describedRoutes = (description: {
  paths: Record<string, Record<string, Described>>;
}): DescribedRoute[] =>
  Object.entries(description.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { security = [], parameters = [], requestBody }]) => ({
      method: method.toUpperCase(),
      path,
      security: Object.keys(security[0] ?? {})[0],
      query: parameters.filter((one) => one.in === 'query').map(({ name }) => name),
      body: requestBody?.content['application/json'].schema,
    })),
  );

const ofString = ({ format, minLength = 1 }: Schema): string =>
  ({
    uuid: '00000000-0000-4000-8000-000000000001',
    guid: '00000000-0000-4000-8000-000000000001',
    ipv4: '10.0.0.4',
    ipv6: '2001:db8::4',
    cidrv4: '10.0.0.0/8',
    'date-time': '2026-01-01T00:00:00.000Z',
  })[format ?? ''] ?? 'a'.repeat(Math.max(minLength, 1));

/** A body as its schema has it, every field filled in. What a pattern wants is not guessed. */
export function sampleOf(schema: Schema): unknown {
  const [first] = schema.anyOf ?? schema.oneOf ?? schema.allOf ?? [];
  if (first) return sampleOf(first);
  if (schema.enum) return schema.enum[0];
  switch (schema.type) {
    case 'object':
      return Object.fromEntries(
        Object.entries(schema.properties ?? {}).map(([name, inner]) => [name, sampleOf(inner)]),
      );
    case 'array':
      return [sampleOf(schema.items ?? { type: 'string' })];
    case 'integer':
    case 'number':
      return Math.max(schema.minimum ?? 1, 1);
    case 'boolean':
      return true;
    default:
      return ofString(schema);
  }
}

/** A place in a body, with the JSON types that it may have. */
export interface Place {
  /** `['properties', 'port']`. */
  path: readonly (string | number)[];
  types: ReadonlySet<string>;
  /** An object whose members are all known. */
  isClosed: boolean;
}

const alternativesOf = (schema: Schema): Schema[] =>
  (schema.anyOf ?? schema.oneOf ?? schema.allOf)?.flatMap(alternativesOf) ?? [schema];

const typesOf = (schema: Schema): Set<string> => {
  const found = alternativesOf(schema).flatMap(({ type, nullable }) => [
    type ?? 'any',
    ...(nullable ? ['null'] : []),
  ]);
  return new Set(
    [...found, ...(schema.nullable ? ['null'] : [])].map((type) => (type === 'number' ? 'integer' : type)),
  );
};

/** Every field of a body, and the body itself, from outside in. */
export function placesOf(schema: Schema, path: Place['path'] = []): Place[] {
  const [first = schema] = alternativesOf(schema);
  const inner = [
    ...Object.entries(first.properties ?? {}).flatMap(([name, one]) => placesOf(one, [...path, name])),
    ...(first.items ? placesOf(first.items, [...path, 0]) : []),
  ];
  const isClosed = first.type === 'object' && first.additionalProperties === false;
  return [{ path, types: typesOf(schema), isClosed }, ...inner];
}

/** The body with another value at one place. */
export function withValue(body: unknown, path: Place['path'], value: unknown): unknown {
  const [step, ...rest] = path;
  if (step === undefined) return value;
  if (Array.isArray(body)) return body.map((one, at) => (at === step ? withValue(one, rest, value) : one));
  const object = typeof body === 'object' && body !== null ? body : {};
  return { ...object, [step]: withValue((object as Record<string, unknown>)[step], rest, value) };
}

import { z } from 'zod';

export interface Setting {
  name: string;
  /** The sentence above it in its schema. */
  meaning: string;
  /** What holds where it is absent; undefined where it has to be there, empty where nothing holds. */
  fallback: string | undefined;
}

/** A property of a schema with the comment of one line above it. */
const property = /^(?: {2}\/\*\* (?<meaning>.+?) \*\/\n)? {2}(?<name>ADMIN_CENTER_\w+):/gm;

const wordOf = (value: unknown): string => {
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return value.map(String).join(',');
  if (typeof value === 'number') return String(value);
  // An address that the schema reads into its parts.
  const address = z.object({ host: z.string(), port: z.number() }).parse(value);
  return `${address.host}:${address.port}`;
};

function fallbackOf(schema: z.ZodType): string | undefined {
  if (schema instanceof z.ZodDefault) return wordOf(schema.def.defaultValue);
  return schema instanceof z.ZodOptional ? '' : undefined;
}

/** The settings of a schema in its order, as its source explains them. One without a sentence is an error. */
export function readSettingsOf(schema: z.ZodObject, source: string): Setting[] {
  const meanings = new Map(
    [...source.matchAll(property)].map(({ groups }) => [groups?.['name'], groups?.['meaning']]),
  );
  return Object.entries(schema.shape).map(([name, one]) => {
    const meaning = meanings.get(name);
    if (meaning === undefined)
      throw new Error(`${name} has no sentence that explains it, on a line above it`);
    if (!(one instanceof z.ZodType)) throw new Error(`${name} has no schema`);
    return { name, meaning, fallback: fallbackOf(one) };
  });
}

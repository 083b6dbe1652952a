import type { z } from 'zod';
import { AppError } from '#shared/domain/error.ts';

export type DeepReadonly<T> = T extends (...args: never[]) => unknown
  ? T
  : T extends object
    ? { readonly [K in keyof T]: DeepReadonly<T[K]> }
    : T;

function freeze<T>(value: T): DeepReadonly<T> {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const inner of Object.values(value)) freeze(inner);
  }
  return value as DeepReadonly<T>;
}

/**
 * Parses a program's environment once and whole. The keys of `schema` are the variables' names; an empty variable
 * counts as absent. A variable that begins with `prefix` and is in neither the schema nor `known` is refused: it is
 * a misspelt setting. Throws `configuration_incomplete` with every fault, one a line, in its message and in
 * `facts.faults`; values are never repeated, for they may be secrets.
 */
export function parseEnvironment<Schema extends z.ZodObject>(
  schema: Schema,
  env: Readonly<Record<string, string | undefined>>,
  prefix: string,
  known: readonly string[] = [],
): DeepReadonly<z.output<Schema>> {
  const present = Object.fromEntries(Object.entries(env).filter(([, value]) => value));
  const expected = new Set([...Object.keys(schema.shape), ...known]);
  const faults = Object.keys(present)
    .filter((name) => name.startsWith(prefix) && !expected.has(name))
    .map((name) => `${name}: unknown variable`);
  const parsed = schema.safeParse(present);
  if (!parsed.success) {
    for (const issue of parsed.error.issues) {
      const name = issue.path.map(String).join('.');
      const isAbsent = issue.path.length === 1 && present[name] === undefined;
      faults.push(`${name || prefix}: ${isAbsent ? 'missing' : issue.message}`);
    }
  }
  if (faults.length > 0 || !parsed.success)
    throw new AppError('configuration_incomplete', faults.join('\n'), { facts: { faults } });
  return freeze(parsed.data);
}

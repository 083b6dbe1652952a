import { z } from 'zod';
import { badRequest } from '../errors.ts';

const path = z.string().regex(/^\/./, 'a path begins with / and names a property');

const compositePath = z.looseObject({
  path,
  order: z.enum(['ascending', 'descending']).default('ascending'),
});

const indexingPolicy = z.looseObject({
  indexingMode: z
    .string()
    .transform((mode) => mode.toLowerCase())
    .pipe(z.enum(['consistent', 'none', 'lazy']))
    .default('consistent'),
  automatic: z.boolean().default(true),
  includedPaths: z.array(z.looseObject({ path })).default([{ path: '/*' }]),
  excludedPaths: z.array(z.looseObject({ path })).default([{ path: '/"_etag"/?' }]),
  compositeIndexes: z.array(z.array(compositePath).min(2)).optional(),
});

/** Seconds; -1 lets items live for ever unless they say otherwise; absent switches expiry off. */
const defaultTtl = z
  .int()
  .max(2 ** 31 - 1)
  .refine((seconds) => seconds === -1 || seconds > 0, 'defaultTtl is -1 or at least 1');

const definition = z.looseObject({
  id: z.string(),
  partitionKey: z.looseObject({
    paths: z.array(path).min(1).max(3),
    kind: z.enum(['Hash', 'MultiHash']).default('Hash'),
    version: z.int().min(1).max(2).default(2),
  }),
  defaultTtl: defaultTtl.nullish().transform((seconds) => seconds ?? undefined),
  indexingPolicy: indexingPolicy.default(() => indexingPolicy.parse({})),
  uniqueKeyPolicy: z
    .looseObject({ uniqueKeys: z.array(z.looseObject({ paths: z.array(path).min(1).max(16) })).max(10) })
    .optional(),
});

/** What a client says of a container; members that are not named here are kept as they came. */
export type ContainerDefinition = z.infer<typeof definition>;
export type IndexingPolicy = ContainerDefinition['indexingPolicy'];

export function parseDefinition(body: unknown): ContainerDefinition {
  const parsed = definition.safeParse(body);
  if (!parsed.success) throw badRequest(`The container is not valid: ${z.prettifyError(parsed.error)}`);
  const { kind, paths } = parsed.data.partitionKey;
  if (kind === 'Hash' && paths.length > 1)
    throw badRequest("A partition key of more than one path needs the kind 'MultiHash'.");
  return parsed.data;
}

/** Partition key and unique keys are for the life of a container. Throws 400 when they differ. */
export function requireSameKeys(before: ContainerDefinition, after: ContainerDefinition): void {
  const fixed = ({ partitionKey, uniqueKeyPolicy }: ContainerDefinition) =>
    JSON.stringify([partitionKey.paths, uniqueKeyPolicy?.uniqueKeys.map((key) => key.paths) ?? []]);
  if (fixed(before) !== fixed(after))
    throw badRequest('Document collection partition key and unique keys cannot be changed.');
}

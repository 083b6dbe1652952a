import { z } from 'zod';
import { badRequest } from './errors.ts';
import type { Json, JsonObject } from './sql/values.ts';

const pointer = z.string().regex(/^\//);
const value = z.json();
const operation = z.discriminatedUnion('op', [
  z.object({ op: z.enum(['add', 'set', 'replace']), path: pointer, value }),
  z.object({ op: z.literal('incr'), path: pointer, value: z.number() }),
  z.object({ op: z.literal('remove'), path: pointer }),
  z.object({ op: z.literal('move'), path: pointer, from: pointer }),
]);
const operations = z.array(operation).min(1).max(10);
const body = z.union([
  operations.transform((list) => ({ condition: undefined, operations: list })),
  z.object({ condition: z.string().optional(), operations }),
]);

export type PatchOperation = z.infer<typeof operation>;
export interface Patch {
  /** `FROM c WHERE ...`: the patch is refused with 412 unless the item matches. */
  condition: string | undefined;
  operations: PatchOperation[];
}

export function parsePatch(content: unknown): Patch {
  const parsed = body.safeParse(content);
  if (!parsed.success) throw badRequest(`The patch is not valid: ${z.prettifyError(parsed.error)}`);
  return { condition: parsed.data.condition, operations: parsed.data.operations };
}

const systemNames = new Set(['id', '_rid', '_self', '_etag', '_ts', '_attachments']);

/** Applies all operations, in their order, to the document itself. Throws 400 and leaves it half done then. */
export function applyPatch(
  document: JsonObject,
  patches: readonly PatchOperation[],
  partitionPaths: readonly string[][],
): void {
  for (const patch of patches) {
    requireWritable(patch.path, partitionPaths);
    if (patch.op === 'move') {
      requireWritable(patch.from, partitionPaths);
      const moved = slotAt(document, patch.from).take();
      slotAt(document, patch.path).add(moved);
    } else applyOne(slotAt(document, patch.path), patch);
  }
}

function applyOne(slot: Slot, patch: Exclude<PatchOperation, { op: 'move' }>): void {
  switch (patch.op) {
    case 'add':
      return slot.add(patch.value);
    case 'set':
      return slot.set(patch.value);
    case 'replace':
      slot.get();
      return slot.set(patch.value);
    case 'remove':
      return void slot.take();
    case 'incr': {
      const current = slot.find() ?? 0;
      if (typeof current !== 'number') throw badRequest(`Incr path '${patch.path}' does not hold a number.`);
      return slot.set(current + patch.value);
    }
  }
}

/** A place in a document that a JSON pointer (RFC 6901) names. */
interface Slot {
  find(): Json | undefined;
  get(): Json;
  /** Inserts into an array, or sets a property. */
  add(content: Json): void;
  /** Overwrites an element or a property; one past the end of an array appends. */
  set(content: Json): void;
  take(): Json;
}

function keysOf(path: string): string[] {
  return path
    .slice(1)
    .split('/')
    .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function requireWritable(path: string, partitionPaths: readonly string[][]): void {
  const [first = '', ...rest] = keysOf(path);
  const isSystem = rest.length === 0 && systemNames.has(first);
  const keys = [first, ...rest];
  const isKey = partitionPaths.some((partition) =>
    keys.every((key, index) => index >= partition.length || partition[index] === key),
  );
  if (isSystem || isKey)
    throw badRequest(`The path '${path}' is a system property or a partition key: it cannot be patched.`);
}

function slotAt(document: JsonObject, path: string): Slot {
  const keys = keysOf(path);
  const last = keys.pop() ?? '';
  let holder: Json | undefined = document;
  for (const key of keys) holder = childOf(holder, key);
  if (Array.isArray(holder)) return elementSlot(holder, last, path);
  if (typeof holder !== 'object' || holder === null)
    throw badRequest(`The parent of the path '${path}' does not exist.`);
  return propertySlot(holder, last, path);
}

function childOf(holder: Json | undefined, key: string): Json | undefined {
  if (Array.isArray(holder)) return /^\d+$/.test(key) ? holder[Number(key)] : undefined;
  if (typeof holder !== 'object' || holder === null) return undefined;
  return Object.hasOwn(holder, key) ? holder[key] : undefined;
}

function existing(found: Json | undefined, path: string): Json {
  if (found === undefined) throw badRequest(`The path '${path}' does not exist.`);
  return found;
}

function propertySlot(holder: JsonObject, key: string, path: string): Slot {
  // Defined and not assigned: a document may have a property named __proto__.
  const set = (content: Json) =>
    void Object.defineProperty(holder, key, {
      value: content,
      configurable: true,
      enumerable: true,
      writable: true,
    });
  const find = () => childOf(holder, key);
  const get = () => existing(find(), path);
  return {
    find,
    get,
    set,
    add: set,
    take: () => {
      const content = get();
      delete holder[key];
      return content;
    },
  };
}

function elementSlot(holder: Json[], key: string, path: string): Slot {
  const index = key === '-' ? holder.length : /^\d+$/.test(key) ? Number(key) : -1;
  if (index < 0 || index > holder.length)
    throw badRequest(`The path '${path}' is not an index of its array.`);
  const get = () => existing(holder[index], path);
  return {
    find: () => holder[index],
    get,
    set: (content) => {
      holder[index] = content;
    },
    add: (content) => void holder.splice(index, 0, content),
    take: () => {
      const content = get();
      holder.splice(index, 1);
      return content;
    },
  };
}

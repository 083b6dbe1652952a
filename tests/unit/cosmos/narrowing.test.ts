import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createService, type Service } from '#local/cosmos/service.ts';
import { narrowingOf } from '#local/cosmos/sql/narrowing.ts';
import type { Json } from '#local/cosmos/sql/values.ts';
import type { Container } from '#local/cosmos/storage/containers.ts';
import { createManualClock } from '#local/kit/clock.ts';
import { openStore } from '#local/kit/store.ts';

const present =
  String.raw`null true false 0 1 2 -1 0.30000000000000004 0.3 1e-7 1e21 9007199254740991 9007199254740992
  "" "a" "b" "A" "ab" "a\u0000b" "é" "\ud83d\ude00" "\ufffd" "\ud83d" "1" "true" "null"
  [] {} [1] ["a"] {"y":1} {"y":"a"}`
    .split(/\s+/)
    .map((text) => JSON.parse(text) as Json);
const values: (Json | undefined)[] = [undefined, ...present];

function filled(): { service: Service; container: Container } {
  const service = createService(openStore(':memory:'), createManualClock(0));
  const database = service.databases.create('db');
  const definition = { id: 'items', partitionKey: { paths: ['/pk'] } };
  const container = service.containers.create(database, definition);
  service.items.transact(container, (lsn) => {
    for (let index = 0; index < 700; index += 1) {
      const [x, z] = [values[index % values.length], values[(index * 7) % values.length]];
      const content = { id: `i${index}`, ...(x !== undefined && { x }), ...(z !== undefined && { z }) };
      service.items.put(container, lsn, '["p"]', content);
    }
  });
  return { service, container };
}

function ask({ service, container }: ReturnType<typeof filled>, text: string, isNarrowed: boolean) {
  const query = service.prepare(text);
  const narrowing = isNarrowed ? narrowingOf(query.syntax, new Map()) : undefined;
  const { items, documentsRead } = query.run({
    documents: (after) =>
      Iterator.from(service.items.scan(container, { kind: 'all' }, after, narrowing)).map(
        ({ place, body }) => ({ place, value: JSON.parse(body) as Json }),
      ),
    parameters: new Map(),
    now: 0,
    maxItems: 1_000,
    continuation: undefined,
  });
  return { items, documentsRead };
}

const account = filled();

describe('a query over all partitions of a large container', () => {
  it('finds with an index exactly what it finds without one', () => {
    const constant = fc.constantFrom(...present).map((value) => JSON.stringify(value));
    const condition = fc
      .tuple(
        fc.constantFrom('c.x', 'c.z', 'c.x.y', 'c["x"]'),
        fc.constantFrom('=', '<', '<=', '>', '>='),
        constant,
        fc.boolean(),
      )
      .map(([path, operator, value, isFlipped]) =>
        isFlipped ? `${value} ${operator} ${path}` : `${path} ${operator} ${value}`,
      );
    const listed = fc
      .tuple(fc.constantFrom('c.x', 'c.z'), fc.array(constant, { minLength: 1, maxLength: 3 }))
      .map(([path, list]) => `${path} IN (${list.join(', ')})`);
    const conditions = fc
      .array(fc.oneof(condition, listed), { minLength: 1, maxLength: 4 })
      .map((list) => list.join(' AND '));
    fc.assert(
      fc.property(conditions, fc.constantFrom('', ' ORDER BY c.x'), (where, order) => {
        const text = `SELECT VALUE c.id FROM c WHERE ${where}${order}`;
        expect(ask(account, text, true).items).toEqual(ask(account, text, false).items);
      }),
      { numRuns: 80, seed: 7 },
    );
  }, 20_000);

  it.each([
    "SELECT * FROM c WHERE c.x = 'ab'",
    "SELECT * FROM c WHERE c.x IN ('ab', 'b')",
    "SELECT * FROM c WHERE c.z = 'a' AND c.x <= 'b' ORDER BY c.x",
    'SELECT VALUE COUNT(1) FROM c WHERE c.x = 2 AND NOT IS_DEFINED(c.nothing)',
  ])('reads few documents for %s', (text) => {
    expect(ask(account, text, true).documentsRead).toBeLessThan(60);
    expect(ask(account, text, false).documentsRead).toBe(700);
  });

  it.each([
    "SELECT * FROM c WHERE c.x = 'a' OR c.z = 'b'",
    "SELECT * FROM c WHERE NOT (c.x = 'a')",
    "SELECT * FROM c WHERE c.x NOT IN ('a')",
    "SELECT * FROM c WHERE c.x IN ('a', null)",
    'SELECT * FROM c WHERE c.x = c.z',
    'SELECT VALUE e FROM c JOIN e IN c.list WHERE e = 1',
    "SELECT * FROM c WHERE c['a b'] = 1",
    'SELECT * FROM c',
  ])('reads everything for %s', (text) => {
    expect(narrowingOf(account.service.prepare(text).syntax, new Map())).toBeUndefined();
  });
});

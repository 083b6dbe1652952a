import { describe, expect, it } from 'vitest';
import { requireIndexedOrder } from '#local/cosmos/index-policy.ts';
import { parseQuery } from '#local/cosmos/sql/parser.ts';
import { parseDefinition } from '#local/cosmos/storage/container-definition.ts';

const isServed = (orderBy: string, indexingPolicy: object) => {
  const { indexingPolicy: policy } = parseDefinition({
    id: 'c',
    partitionKey: { paths: ['/pk'] },
    indexingPolicy,
  });
  try {
    requireIndexedOrder(parseQuery(`SELECT * FROM c ORDER BY ${orderBy}`), policy);
    return true;
  } catch {
    return false;
  }
};

// https://learn.microsoft.com/azure/cosmos-db/index-policy
describe('an ORDER BY of one property', () => {
  const paths = (included: string[], excluded: string[]) => ({
    includedPaths: included.map((path) => ({ path })),
    excludedPaths: excluded.map((path) => ({ path })),
  });

  it.each([
    ['c.a', paths(['/*'], []), true],
    ['c.a', paths(['/*'], ['/a/?']), false],
    ['c.a.b', paths(['/*'], ['/a/?']), true],
    ['c.a.b', paths(['/*'], ['/a/*']), false],
    ['c.a.b', paths(['/a/b/?'], ['/a/*']), true],
    ['c.a', paths(['/a/?'], ['/*']), true],
    ['c.b', paths(['/a/?'], ['/*']), false],
    ['c["a b"]', paths(['/"a b"/?'], ['/*']), true],
    ['c.list[0]', paths(['/list/[]/?'], ['/*']), true],
    ['c._ts', paths([], ['/*']), true],
    ['c.a', { indexingMode: 'none', automatic: false }, false],
  ])('%s with %j: %s', (orderBy, policy, served) => {
    expect(isServed(orderBy, policy)).toBe(served);
  });
});

describe('an ORDER BY of several properties', () => {
  const compositeIndexes = [
    [
      { path: '/name', order: 'ascending' },
      { path: '/age', order: 'descending' },
    ],
  ];
  it.each([
    ['c.name ASC, c.age DESC', true],
    ['c.name DESC, c.age ASC', true],
    ['c.name ASC, c.age ASC', false],
    ['c.age DESC, c.name ASC', false],
    ['c.name ASC, c.age DESC, c.id ASC', false],
  ])('%s over a composite index of name ascending and age descending: %s', (orderBy, served) => {
    expect(isServed(orderBy, { compositeIndexes })).toBe(served);
  });
});

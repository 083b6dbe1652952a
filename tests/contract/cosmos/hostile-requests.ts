import fc from 'fast-check';

const flag = fc.constantFrom('True', 'True', 'false', 'x');
const oneHeader = fc.oneof(
  ...Object.entries({
    'x-ms-documentdb-isquery': flag,
    'x-ms-documentdb-is-upsert': flag,
    'x-ms-cosmos-is-batch-request': flag,
    'x-ms-cosmos-batch-atomic': flag,
    'x-ms-cosmos-is-query-plan-request': flag,
    'x-ms-documentdb-query-enablecrosspartition': flag,
    'x-ms-max-item-count': fc.constantFrom('-1', '0', '2', '1e99', 'x'),
    'x-ms-continuation': fc.oneof(fc.base64String(), fc.constant('%%%')),
    'x-ms-session-token': fc.constantFrom('0:-1#0', '0:-1#99999999999999999999', 'x'),
    'if-match': fc.constantFrom('*', '"x"', ''),
    'a-im': fc.constantFrom('Incremental feed', 'x'),
    'if-none-match': fc.constantFrom('*', '"0"', '"-1"', 'x'),
    'if-modified-since': fc.constantFrom('x', 'Thu, 01 Jan 1970 00:00:00 GMT'),
  }).map(([name, value]) => value.map((text) => [name, text] as const)),
);
const partitionKey = fc.oneof(
  { arbitrary: fc.constant('["p"]'), weight: 4 },
  { arbitrary: fc.constantFrom('[]', '[{}]', '["p","q"]', '[[1]]', '{', '"p"'), weight: 1 },
);
const headers = fc
  .tuple(partitionKey, fc.array(oneHeader, { maxLength: 4 }))
  .map(([key, others]) => ({ ...Object.fromEntries(others), 'x-ms-documentdb-partitionkey': key }));

const wellFormed = [
  '{"id":"a","pk":"p"}',
  '{"id":"a","pk":"p","ttl":0}',
  '{"id":"b","pk":["p"],"_etag":1,"_ts":"x"}',
  '{"query":"SELECT * FROM c ORDER BY c.id"}',
  '{"query":"SELECT VALUE [c.__proto__, c.a.b] FROM c","parameters":[{"name":"@a"}]}',
  '{"query":"SELECT * FROM c WHERE c.id = @id","parameters":[{"name":"@id","value":{"$where":1}}]}',
  '[{"operationType":"Create","resourceBody":{"id":"a","pk":"p"}},{"operationType":"Patch","id":"a","resourceBody":[]}]',
  '[{"operationType":"Upsert","resourceBody":{"id":"a","pk":"p"},"ifMatch":"x"},{"operationType":"Read","id":"a"}]',
  '{"condition":"from","operations":[{"op":"set","path":"/__proto__/x","value":1}]}',
  '[{"op":"add","path":"/list/-","value":{}},{"op":"move","from":"/a","path":"/a/b"}]',
];

/** A body that would do, with a piece cut out or put in. */
const damaged = fc
  .tuple(
    fc.constantFrom(...wellFormed),
    fc.nat(120),
    fc.nat(10),
    fc.constantFrom('', '"', '{', ']', ',', '\0', '-1'),
  )
  .map(([text, at, length, by]) => text.slice(0, at) + by + text.slice(at + length));

const body = fc.oneof(
  { arbitrary: fc.constantFrom(...wellFormed), weight: 3 },
  { arbitrary: damaged, weight: 3 },
  { arbitrary: fc.json(), weight: 1 },
  { arbitrary: fc.string(), weight: 1 },
);

/** Mostly what there is to ask, so that requests come far; sometimes what there is not. */
const operation = fc.oneof(
  { arbitrary: fc.constantFrom(['POST', ''], ['GET', '']), weight: 4 },
  {
    arbitrary: fc.tuple(fc.constantFrom('GET', 'PUT', 'PATCH', 'DELETE'), fc.constantFrom('/a', '/b')),
    weight: 4,
  },
  {
    arbitrary: fc.tuple(
      fc.constantFrom('GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'),
      fc.constantFrom('', '/a', '/%00', '/..%2f', '/a/attachments', '/ü'),
    ),
    weight: 1,
  },
);

/** Requests to the documents of a container that nobody would send. */
export const hostileRequest = fc
  .record({ operation, headers, body })
  .map(({ operation: [method = '', suffix = ''], ...rest }) => ({ method, suffix, ...rest }));

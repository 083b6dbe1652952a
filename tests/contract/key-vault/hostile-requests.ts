import fc from 'fast-check';

const operations: readonly (readonly [string, string])[] = `
GET /certificates/issuers; PUT /certificates/issuers/N; GET /certificates/issuers/N; PATCH /certificates/issuers/N
DELETE /certificates/issuers/N; PUT /certificates/issuers/N; PUT /certificates/issuers/N
GET /certificates; GET /certificates/N; GET /certificates/N/pending; GET /certificates/N/policy; GET /certificates/N/versions
POST /certificates/N/create; POST /certificates/N/import; POST /certificates/N/pending/merge; PATCH /certificates/N/pending
PATCH /certificates/N/policy; PATCH /certificates/N; DELETE /certificates/N; DELETE /certificates/N/pending
GET /secrets/N; PUT /secrets/N; PATCH /secrets/N; DELETE /secrets/N; GET /secrets/N/versions; GET /secrets
POST /keys/N/create; GET /keys/N; PATCH /keys/N; DELETE /keys/N; POST /keys/N/rotate; GET /keys/N/versions
POST /keys/N/sign; POST /keys/N/verify; POST /keys/N/wrapkey; POST /keys/N/unwrapkey; POST /keys/N/decrypt
GET /deletedsecrets/N; POST /deletedkeys/N/recover; POST /deletedcertificates/N/recover; DELETE /deletedsecrets/N
DELETE /deletedcertificates/N; POST /keys/N/backup; PUT /keys/N; GET /N; POST /certificates`
  .trim()
  .split(/[;\n]/)
  .map((line) => line.trim().split(' ') as [string, string]);

const mostly = <T>(good: fc.Arbitrary<T>, bad: fc.Arbitrary<unknown>) =>
  fc.oneof<fc.WeightedArbitrary<unknown>[]>({ weight: 6, arbitrary: good }, { weight: 1, arbitrary: bad });
const anything = fc.anything({ maxDepth: 1 });

const names = mostly(
  fc.constantFrom('c-1', 'c-2', 's-1', 'k-1', 'k-2'),
  fc.constantFrom('%00', '..', 'a_b', 'x'.repeat(130), ''),
);
const members = {
  provider: mostly(fc.constantFrom('Test', 'GlobalSign'), fc.constantFrom('DigiCert', '__proto__', 1)),
  credentials: mostly(fc.constant({ account_id: 'account', pwd: 'secret' }), anything),
  org_details: mostly(fc.record({ id: fc.string(), admin_details: fc.constant([]) }), anything),
  value: mostly(
    fc.oneof(fc.base64String(), fc.constant(Buffer.alloc(32, 7).toString('base64url'))),
    anything,
  ),
  digest: mostly(fc.constant(Buffer.alloc(32, 7).toString('base64url')), anything),
  alg: mostly(fc.constantFrom('ES256', 'RS256', 'RSA-OAEP'), anything),
  kty: mostly(fc.constant('EC'), anything),
  crv: mostly(fc.constantFrom('P-256', 'P-384'), fc.constant('__proto__')),
  x5c: mostly(fc.array(fc.base64String(), { minLength: 1, maxLength: 3 }), anything),
  cancellation_requested: mostly(fc.boolean(), anything),
  attributes: mostly(fc.record({ enabled: fc.boolean() }), anything),
  tags: mostly(fc.dictionary(fc.string(), fc.string(), { maxKeys: 2 }), anything),
  policy: mostly(
    fc.record({
      issuer: mostly(fc.record({ name: mostly(fc.constantFrom('Self', 'Unknown'), names) }), anything),
      // Never a good RSA key: making those would take all the time.
      key_props: mostly(
        fc.constant({ kty: 'EC', crv: 'P-256' }),
        fc.constantFrom(1, [], { kty: 'oct' }, { kty: 'RSA', key_size: 1 }, { crv: '__proto__' }),
      ),
      x509_props: fc.record({
        subject: mostly(fc.constant('CN=x'), fc.string()),
        ekus: mostly(fc.constant(['1.3.6.1.5.5.7.3.1']), fc.constantFrom(['9.9'], ['1'], ['1.2.x'])),
        key_usage: mostly(fc.constant(['digitalSignature']), fc.constant(['flying'])),
        sans: mostly(
          fc.constant({ dns_names: ['a.b', '*.a.b'] }),
          fc.constantFrom(
            { dns_names: ['\u0000é'] },
            { ipAddresses: ['x'] },
            { uris: [' '] },
            { upns: ['@'] },
          ),
        ),
      }),
    }),
    anything,
  ),
};
const bodies = fc.oneof(
  { weight: 8, arbitrary: fc.record(members).map((body) => JSON.stringify(body)) },
  { weight: 1, arbitrary: fc.string() },
  { weight: 1, arbitrary: fc.json() },
);

const answers = [200, 201, 202, 204];
const refusals = [400, 403, 404, 409, 501];

export interface HostileRequest {
  method: string;
  /** Below the origin, without the query. */
  path: string;
  body: string;
}

/** Requests of all operations, mostly right and wrong in one place. */
export const hostileRequests: fc.Arbitrary<HostileRequest> = fc
  .tuple(fc.constantFrom(...operations), names, bodies)
  .map(([[method, path], name, body]) => ({ method, path: path.replace('N', String(name)), body }));

/** Whether this is an answer, or a refusal in the service's shape. */
export function isAnswer(status: number, text: string): boolean {
  if (answers.includes(status)) return true;
  const { error } = JSON.parse(text) as { error?: { code?: unknown; message?: unknown } };
  return refusals.includes(status) && typeof error?.code === 'string' && typeof error.message === 'string';
}

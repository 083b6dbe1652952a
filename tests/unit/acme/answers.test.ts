import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AppError } from '#shared/domain/error.ts';
import { origin, problemReply, type ScriptedReply, scriptedAuthority } from './scripted-fetch.ts';

const id = 'aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE';
const start = '2026-12-01T00:00:00Z';
const end = '2026-12-03T00:00:00+02:00';

describe('the advice of an authority', () => {
  const ask = (reply: ScriptedReply) =>
    scriptedAuthority({ [`/renewal-info/${id}`]: [reply] }).client.renewalAdvice(id);

  it('is a window, a pace by seconds or by date, and a page', async () => {
    const window = { start, end };
    const body = { suggestedWindow: window, explanationURL: 'https://acme.example/why' };
    expect(await ask({ headers: { 'retry-after': '21600' }, body })).toEqual({
      window,
      retryAfterMs: 21_600_000,
      explanationUrl: 'https://acme.example/why',
    });
    const dated = { 'retry-after': 'Sat, 21 Nov 2026 18:00:00 GMT' };
    expect(await ask({ headers: dated, body: { suggestedWindow: window } })).toEqual({
      window,
      retryAfterMs: 21_600_000,
    });
    expect(await ask({ body: { suggestedWindow: window } })).toEqual({ window });
  });

  it.each(['javascript:alert(1)', 'no page', 7])(
    'leaves out a page that is none: %j',
    async (explanationURL) => {
      const window = { start, end };
      expect(await ask({ body: { suggestedWindow: window, explanationURL } })).toEqual({ window });
    },
  );

  it.each([
    ['ends before it starts', { start: end, end: start }],
    ['has no length', { start, end: start }],
    ['has no dates', { start: 'soon', end: 'later' }],
  ])('is no answer when its window %s', async (_how, suggestedWindow) => {
    await expect(ask({ body: { suggestedWindow } })).rejects.toMatchObject({
      code: 'certificate_authority_unavailable',
    });
  });

  it('is absent for a leaf that the authority does not know, and where it advises nobody', async () => {
    expect(await ask(problemReply(404, 'malformed'))).toBeUndefined();
    const directory = { newNonce: origin, newAccount: origin, newOrder: origin };
    const { client } = scriptedAuthority({ '/directory': [{ body: directory }] });
    expect(await client.renewalAdvice(id)).toBeUndefined();
    expect(await client.caaIdentities()).toEqual([]);
  });

  it('comes later when there is too much asking', async () => {
    const limited = { ...problemReply(429, 'rateLimited'), headers: { 'retry-after': '60' } };
    await expect(ask(limited)).rejects.toMatchObject({
      code: 'certificate_rate_limited',
      retryAfterMs: 60_000,
    });
  });
});

describe('an order that names what it replaces', () => {
  it('does so only to an authority that advises', async () => {
    const order = {
      status: 201,
      headers: { location: '/order/1' },
      body: { status: 'ready', authorizations: [], finalize: `${origin}/finalize/1` },
    };
    const directory = {
      newNonce: `${origin}/nonce`,
      newAccount: `${origin}/account`,
      newOrder: `${origin}/new-order`,
    };
    const [with_, without] = [
      scriptedAuthority({ '/new-order': [order] }),
      scriptedAuthority({ '/directory': [{ body: directory }], '/new-order': [order] }),
    ];
    for (const { client } of [with_, without])
      await client.createOrder({ hostNames: ['m.example'], replaces: id });
    expect(with_.sent[0]?.payload).toMatchObject({ replaces: id });
    expect(without.sent[0]?.payload).not.toHaveProperty('replaces');
  });
});

const isJson = (value: unknown): boolean => {
  try {
    return value !== null && typeof value === 'object' && JSON.stringify(value) !== undefined;
  } catch {
    return false;
  }
};
const anyObject = fc
  .json()
  .map((text): unknown => JSON.parse(text))
  .filter(isJson)
  .map((value) => value as object);

describe('whatever an authority answers', () => {
  const problemParts = {
    type: fc.oneof(fc.constantFrom('rateLimited', 'caa', 'unauthorized', 'compound'), fc.anything()),
    detail: fc.oneof(fc.string({ maxLength: 3000 }), fc.anything()),
    subproblems: fc.oneof(fc.array(fc.anything(), { maxLength: 40 }), fc.anything()),
  };
  const problem = fc.oneof(fc.record(problemParts, { requiredKeys: [] }).filter(isJson), anyObject);

  it('instead of what was asked for is one of our errors, small enough to keep, with plain facts', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 300, max: 599 }), problem, async (status, body) => {
        // A refused nonce is repeated up to ten times.
        const script = Array.from({ length: 12 }, () => ({ status, body }));
        const { client } = scriptedAuthority({ '/order/1': script });
        const error: unknown = await client.readOrder(`${origin}/order/1`).catch((thrown: unknown) => thrown);
        expect(error).toBeInstanceOf(AppError);
        if (!(error instanceof AppError)) return;
        expect(error.code).toMatch(/^certificate_/);
        expect(error.message.length).toBeLessThan(25_000);
        expect(JSON.parse(JSON.stringify(error.facts))).toEqual(error.facts);
      }),
      { numRuns: 200 },
    );
  });

  /** Things that look right in part: the shapes of all answers, each member good or anything. */
  const url = (path: string) => fc.oneof({ weight: 4, arbitrary: fc.constant(origin + path) }, fc.string());
  const member = <T>(good: T) => fc.oneof({ weight: 6, arbitrary: fc.constant(good) }, fc.jsonValue());
  const challenge = fc.record({
    type: member('dns-01'),
    url: url('/challenge/1'),
    status: fc.oneof(fc.constantFrom('pending', 'valid', 'invalid'), fc.jsonValue()),
    token: member('token'),
    error: member({ type: 'urn:ietf:params:acme:error:dns', detail: 'no such name' }),
  });
  const answer = fc.record(
    {
      status: fc.constantFrom('pending', 'ready', 'processing', 'valid', 'invalid', 'deactivated'),
      authorizations: fc.array(url('/authorization/1'), { maxLength: 2 }),
      finalize: url('/finalize/1'),
      certificate: url('/certificate/1'),
      identifier: member({ type: 'dns', value: 'm.example' }),
      challenges: fc.array(challenge, { maxLength: 2 }),
      suggestedWindow: member({ start, end }),
      contact: member(['mailto:a@b.example']),
    },
    { requiredKeys: ['status'] },
  );
  const reply: fc.Arbitrary<ScriptedReply> = fc.record({
    status: fc.constantFrom(200, 200, 201, 400, 404, 409, 429, 503),
    headers: fc.record(
      {
        location: fc.constantFrom('/order/1', 'http://[', 'mailto:a', ''),
        'retry-after': fc.constantFrom('7', 'soon', '-1', '99999999999', 'Sat, 21 Nov 2026 12:00:09 GMT'),
        link: fc.constantFrom('</certificate/2>;rel="alternate"', '<>', '<http://[>;rel=alternate'),
      },
      { requiredKeys: [] },
    ),
    body: fc.oneof({ weight: 6, arbitrary: answer }, anyObject, fc.string()),
  });
  const paths = ['order', 'authorization', 'challenge', 'finalize', 'certificate'].map(
    (name) => `/${name}/1`,
  );

  it('at any step is a result or one of our errors, never a failure of our own', async () => {
    const outcomes: unknown[] = [];
    await fc.assert(
      fc.asyncProperty(fc.array(reply, { minLength: 40, maxLength: 40 }), async (replies) => {
        const script = Object.fromEntries(
          [...paths, '/new-order', '/account', `/renewal-info/${id}`, '/revoke'].map((path, index) => [
            path,
            replies.slice(index * 4, index * 4 + 4),
          ]),
        );
        const { client } = scriptedAuthority(script, { preferredChain: 'A root' });
        const steps: (() => Promise<unknown>)[] = [
          () => client.createOrder({ hostNames: ['m.example'], replaces: id }),
          () => client.answerChallenge(`${origin}/challenge/1`),
          () => client.readOrder(`${origin}/order/1`),
          () => client.finalizeOrder(`${origin}/order/1`, new Uint8Array([0x30, 0x00])),
          () => client.downloadChain(`${origin}/order/1`),
          () => client.renewalAdvice(id),
          () => client.ensureAccount(),
        ];
        for (const step of steps) {
          outcomes.push(
            await step().then(
              () => 'a result',
              (thrown: unknown) => (thrown instanceof AppError ? 'one of our errors' : thrown),
            ),
          );
        }
      }),
      { numRuns: 200 },
    );
    expect(new Set(outcomes)).toEqual(new Set(['a result', 'one of our errors']));
  });
});

describe('silence', () => {
  it('is an outage whose cause is named', async () => {
    const cause = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:1'), { code: 'ECONNREFUSED' });
    const { client } = scriptedAuthority(
      {},
      { fetch: () => Promise.reject(new TypeError('fetch failed', { cause })) },
    );
    await expect(client.ensureAccount()).rejects.toMatchObject({
      code: 'certificate_authority_unavailable',
      message: 'acme.example: fetch failed (connect ECONNREFUSED 127.0.0.1:1)',
      facts: { authority: 'scripted' },
    });
  });
});

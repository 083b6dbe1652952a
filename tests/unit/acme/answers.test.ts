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

describe('whatever an authority answers', () => {
  const problemParts = {
    type: fc.oneof(fc.constantFrom('rateLimited', 'caa', 'unauthorized', 'compound'), fc.anything()),
    detail: fc.oneof(fc.string({ maxLength: 3000 }), fc.anything()),
    subproblems: fc.oneof(fc.array(fc.anything(), { maxLength: 40 }), fc.anything()),
  };
  const body = fc
    .oneof(
      fc.record(problemParts, { requiredKeys: [] }),
      fc.json().map((text) => JSON.parse(text) as object),
    )
    .filter((value) => value !== null && typeof value === 'object')
    .filter((value) => {
      try {
        return JSON.stringify(value) !== undefined;
      } catch {
        return false;
      }
    });

  it('is one of our errors, small enough to keep, with plain facts', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 300, max: 599 }), body, async (status, answer) => {
        // A refused nonce is repeated up to ten times.
        const script = Array.from({ length: 12 }, () => ({ status, body: answer }));
        const { client } = scriptedAuthority({ '/order/1': script });
        const error: unknown = await client.readOrder(`${origin}/order/1`).catch((thrown: unknown) => thrown);
        expect(error).toBeInstanceOf(AppError);
        if (!(error instanceof AppError)) return;
        expect(error.code).toMatch(/^certificate_/);
        expect(error.message.length).toBeLessThan(25_000);
        expect(JSON.parse(JSON.stringify(error.facts))).toEqual(error.facts);
      }),
      { numRuns: 300 },
    );
  });
});

import { describe, expect, it } from 'vitest';
import { origin, problemReply, scriptedAuthority } from './scripted-fetch.ts';

const orderUrl = `${origin}/order/1`;
const challengeUrl = `${origin}/challenge/1`;
const order = (status: string, more: object = {}) => ({
  body: {
    status,
    authorizations: [`${origin}/authorization/1`],
    finalize: `${origin}/finalize/1`,
    ...more,
  },
});
const challenge = (status: string, more: object = {}) => ({
  body: { type: 'dns-01', url: challengeUrl, status, token: 'token', ...more },
});
const authorization = (status: string, challenges: object[]) => ({
  body: { identifier: { type: 'dns', value: 'm.example' }, status, challenges },
});

describe('requests to an authority', () => {
  it('signs the address and a fresh nonce as the account, and reads with an empty payload', async () => {
    const { client, sent } = scriptedAuthority({ '/order/1': [order('pending')] });
    await client.readOrder(orderUrl);
    expect(sent).toEqual([
      {
        url: orderUrl,
        method: 'POST',
        protected: { alg: 'ES256', nonce: expect.any(String), url: orderUrl, kid: `${origin}/account/1` },
        payload: undefined,
      },
    ]);
  });

  it('repeats a request with the nonce of the refusal, each nonce once', async () => {
    const refusal = problemReply(400, 'badNonce');
    const { client, sent } = scriptedAuthority({
      '/order/1': [{ ...refusal, headers: { 'replay-nonce': 'fresh' } }, refusal, order('ready')],
    });
    expect(await client.readOrder(orderUrl)).toEqual({ state: 'ready', retryAfterMs: 0 });
    const nonces = sent.map((request) => request.protected['nonce']);
    expect(nonces[1]).toBe('fresh');
    expect(new Set(nonces).size).toBe(3);
  });

  it('sends nothing signed to an address of another scheme', async () => {
    const { client, sent } = scriptedAuthority({});
    await expect(client.readOrder('http://acme.example/order/1')).rejects.toMatchObject({
      code: 'certificate_order_refused',
    });
    expect(sent).toEqual([]);
  });

  it.each([
    ['an answer without end', { body: 'x'.repeat(300_000) }],
    ['a page instead of JSON', { body: '<html>' }],
    ['an order without its parts', { body: { status: 'pending' } }],
    ['a gateway that fails', { status: 502, body: '<html>Bad Gateway</html>' }],
  ])('is unavailable after %s', async (_what, reply) => {
    const { client } = scriptedAuthority({ '/order/1': [reply] });
    await expect(client.readOrder(orderUrl)).rejects.toMatchObject({
      code: 'certificate_authority_unavailable',
    });
  });

  it('hands on the wait that the authority names, by seconds or by date', async () => {
    const { client } = scriptedAuthority({
      '/order/1': [
        { ...order('processing'), headers: { 'retry-after': '7' } },
        { ...order('pending'), headers: { 'retry-after': 'Sat, 21 Nov 2026 12:00:09 GMT' } },
        order('processing'),
      ],
    });
    expect(await client.readOrder(orderUrl)).toEqual({ state: 'processing', retryAfterMs: 7_000 });
    expect(await client.readOrder(orderUrl)).toEqual({ state: 'pending', retryAfterMs: 9_000 });
    expect(await client.readOrder(orderUrl)).toEqual({ state: 'processing', retryAfterMs: 500 });
  });

  it('hands on a rate limit with its date', async () => {
    const limited = { ...problemReply(429, 'rateLimited'), headers: { 'retry-after': '3600' } };
    const { client } = scriptedAuthority({ '/new-order': [limited] });
    await expect(client.createOrder({ hostNames: ['m.example'] })).rejects.toMatchObject({
      code: 'certificate_rate_limited',
      retryAfterMs: 3_600_000,
    });
  });

  it('offers only the names that are not proven yet', async () => {
    const created = order('pending', {
      authorizations: [`${origin}/authorization/1`, `${origin}/authorization/2`],
    });
    const { client, unused } = scriptedAuthority({
      '/new-order': [{ ...created, status: 201, headers: { location: '/order/1' } }],
      '/authorization/1': [authorization('valid', [challenge('valid').body])],
      '/authorization/2': [
        authorization('pending', [
          { type: 'http-01', url: origin, status: 'pending' },
          challenge('pending').body,
        ]),
      ],
    });
    const made = await client.createOrder({ hostNames: ['m.example', '*.m.example'] });
    expect(made).toMatchObject({
      orderUrl,
      challenges: [{ recordName: '_acme-challenge.m.example', challengeUrl }],
    });
    expect(made.challenges[0]?.recordValue).toHaveLength(43);
    expect(unused()).toEqual([]);
  });

  it('takes a challenge that is valid already as answered, also where a second answer is refused', async () => {
    const { client, sent, unused } = scriptedAuthority({
      '/challenge/1': [challenge('valid'), problemReply(400, 'malformed'), challenge('processing')],
    });
    await client.answerChallenge(challengeUrl);
    await client.answerChallenge(challengeUrl);
    expect(sent.map(({ payload }) => payload)).toEqual([{}, {}, undefined]);
    expect(unused()).toEqual([]);
  });

  it('fails an answer whose refusal has another cause', async () => {
    const { client } = scriptedAuthority({
      '/challenge/1': [problemReply(403, 'unauthorized'), challenge('pending')],
    });
    await expect(client.answerChallenge(challengeUrl)).rejects.toMatchObject({
      code: 'certificate_order_refused',
      message: 'about unauthorized',
    });
  });

  it('tells from the challenges why an order is invalid that does not say it itself', async () => {
    const error = { type: 'urn:ietf:params:acme:error:dns', detail: 'no such name' };
    const { client } = scriptedAuthority({
      '/order/1': [order('invalid')],
      '/authorization/1': [authorization('invalid', [challenge('invalid', { error }).body])],
    });
    await expect(client.readOrder(orderUrl)).rejects.toMatchObject({
      code: 'certificate_challenge_failed',
      message: 'm.example: no such name',
    });
  });

  it('sends a request for a certificate only to an order that is ready', async () => {
    const { client, sent } = scriptedAuthority({
      '/order/1': [order('valid'), order('processing'), order('ready'), order('valid')],
      '/finalize/1': [problemReply(403, 'orderNotReady')],
    });
    const request = new Uint8Array([0x30, 0x00]);
    const states: string[] = [];
    for (let turn = 0; turn < 3; turn++) states.push((await client.finalizeOrder(orderUrl, request)).state);
    expect(states).toEqual(['valid', 'processing', 'valid']);
    expect(sent.filter(({ url }) => url.includes('finalize'))).toMatchObject([{ payload: { csr: 'MAA' } }]);
  });

  it('asks for one account however many steps start at once', async () => {
    const accounts = [{ status: 200, headers: { location: '/account/7' }, body: {} }];
    const { client, sent } = scriptedAuthority({
      '/account': accounts,
      '/order/1': [order('ready'), order('ready')],
    });
    await Promise.all([client.readOrder(orderUrl), client.readOrder(orderUrl)]);
    expect(accounts).toEqual([]);
    expect(sent.map((request) => request.protected['kid'])).toEqual(
      Array.from({ length: 2 }, () => `${origin}/account/7`),
    );
  });
});

import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { exportJWK, type JWK } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { problem, sendRaw, signJws } from './raw-request.ts';
import { createRig, type Rig, zone } from './rig.ts';

interface Key {
  privateKey: KeyObject;
  jwk: JWK;
}

async function newKey(): Promise<Key> {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { privateKey, jwk: await exportJWK(publicKey) };
}

/** RFC 8555 section 7.3.5. */
describe('a change of the key of an account', () => {
  let rig: Rig;
  let url: string;
  beforeAll(async () => {
    rig = await createRig();
    url = `${rig.origin}/acme/key-change`;
  });
  afterAll(() => rig.close());

  const openAccount = async (key: Key): Promise<string> => {
    const reply = await sendRaw({
      url: `${rig.origin}/acme/new-account`,
      payload: { termsOfServiceAgreed: true },
      privateKey: key.privateKey,
      header: { jwk: key.jwk },
    });
    return reply.headers.get('location') ?? '';
  };
  const order = (kid: string, { privateKey }: Key) =>
    sendRaw({
      url: `${rig.origin}/acme/new-order`,
      payload: { identifiers: [{ type: 'dns', value: `key.${zone}` }] },
      privateKey,
      header: { kid },
    });
  const change = (kid: string, from: Key, inner: object) =>
    sendRaw({ url, payload: inner, privateKey: from.privateKey, header: { kid } });
  const innerOf = (kid: string, from: Key, to: Key, header: object = {}) =>
    signJws({ alg: 'ES256', jwk: to.jwk, url, ...header }, { account: kid, oldKey: from.jwk }, to.privateKey);

  it('gives the account to the new key and takes it from the old one', async () => {
    const [before, after] = [await newKey(), await newKey()];
    const kid = await openAccount(before);
    const first = await order(kid, before);
    const changed = await change(kid, before, innerOf(kid, before, after));
    expect(changed).toMatchObject({ status: 200, body: { status: 'valid' } });
    expect(await order(kid, before)).toMatchObject(problem('malformed'));
    const again = await order(kid, after);
    expect(again.headers.get('location')).toBe(first.headers.get('location'));
    expect(await openAccount(after)).toBe(kid);
    expect(await openAccount(before)).not.toBe(kid);
  });

  it('makes one of two changes that come at once, to different keys', async () => {
    const [before, ...next] = [await newKey(), await newKey(), await newKey()];
    const kid = await openAccount(before);
    const replies = await Promise.all(next.map((to) => change(kid, before, innerOf(kid, before, to))));
    expect(replies.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 400]);
    const winner = next[replies.findIndex(({ status }) => status === 200)];
    expect((await order(kid, winner ?? before)).status).toBe(201);
  });

  it('refuses a key that has an account, with the address of that account', async () => {
    const [mine, taken] = [await newKey(), await newKey()];
    const [kid, other] = [await openAccount(mine), await openAccount(taken)];
    const refused = await change(kid, mine, innerOf(kid, mine, taken));
    expect(refused.status).toBe(409);
    expect(refused.headers.get('location')).toBe(other);
    expect((await order(kid, mine)).status).toBe(201);
  });

  it('refuses a change that the new key did not sign as the clause says', async () => {
    const [mine, next, stranger] = [await newKey(), await newKey(), await newKey()];
    const kid = await openAccount(mine);
    const good = innerOf(kid, mine, next);
    const cases: [string, object][] = [
      ['no JWS inside', {}],
      ['another signature', { ...good, signature: innerOf(kid, mine, stranger).signature }],
      ['another account', innerOf(`${kid}x`, mine, next)],
      ['another old key', innerOf(kid, stranger, next)],
      ['a nonce inside', innerOf(kid, mine, next, { nonce: 'bm9uY2U' })],
      ['another url', innerOf(kid, mine, next, { url: `${rig.origin}/acme/new-order` })],
      ['a kid inside', innerOf(kid, mine, next, { jwk: undefined, kid })],
    ];
    for (const [name, inner] of cases) {
      expect({ name, ...(await change(kid, mine, inner)) }).toMatchObject(problem('malformed'));
    }
    expect((await order(kid, mine)).status).toBe(201);
  });
});

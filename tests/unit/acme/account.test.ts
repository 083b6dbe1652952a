import { describe, expect, it } from 'vitest';
import type { SigningKey } from '#shared/ports/signing-key.ts';
import { accountKey, origin, problemReply, scriptedAuthority } from './scripted-fetch.ts';

const none = problemReply(400, 'accountDoesNotExist');
const made = { status: 201, headers: { location: '/account/9' }, body: { status: 'valid' } };
const found = { ...made, status: 200 };
const lookUp = { onlyReturnExisting: true };

/** Two versions of the key of the scripts; what they sign is not checked. */
async function rotated(): Promise<SigningKey> {
  const { publicKey } = await accountKey.current();
  const [newest, oldest] = ['newest', 'oldest'].map((keyId) => ({ keyId, publicKey }));
  return {
    ...accountKey,
    current: () => Promise.resolve(newest ?? { keyId: '', publicKey }),
    versions: () => Promise.resolve([newest, oldest].filter((version) => version !== undefined)),
  };
}

describe('looking for the account of a key', () => {
  it('looks first and makes one only where no version of the key has one', async () => {
    const { client, accountPayloads } = scriptedAuthority(
      { '/account': [none, none, made] },
      { accountKey: await rotated(), contact: ['mailto:a@b.example'] },
    );
    expect(await client.ensureAccount()).toBe(`${origin}/account/9`);
    expect(accountPayloads).toEqual([
      lookUp,
      lookUp,
      { termsOfServiceAgreed: true, contact: ['mailto:a@b.example'] },
    ]);
  });

  it('takes the address of an account that is shown without a body', async () => {
    const { client } = scriptedAuthority({ '/account': [{ ...found, body: '' }] });
    expect(await client.ensureAccount()).toBe(`${origin}/account/9`);
  });

  it('asks an authority that wants an external account even for a look', async () => {
    const externalAccount = { keyId: 'customer', macKey: 'a2V5' };
    const { client, accountPayloads } = scriptedAuthority(
      { '/account': [problemReply(403, 'externalAccountRequired'), found] },
      { externalAccount },
    );
    expect(await client.ensureAccount()).toBe(`${origin}/account/9`);
    expect(accountPayloads[1]).toMatchObject({ externalAccountBinding: { protected: expect.any(String) } });
  });

  it('makes no account with a MAC key that is empty', async () => {
    const externalAccount = { keyId: 'customer', macKey: () => Promise.resolve('') };
    const { client, unused } = scriptedAuthority({ '/account': [none, made] }, { externalAccount });
    await expect(client.ensureAccount()).rejects.toMatchObject({ code: 'configuration_incomplete' });
    expect(unused()).toEqual(['/account']);
  });

  it('signs the change of a key with both keys, the inner one without a nonce', async () => {
    const { client, sent } = scriptedAuthority(
      { '/account': [none, found], '/key-change': [{ status: 200, body: {} }] },
      { accountKey: await rotated() },
    );
    await client.ensureAccount();
    const { publicKey } = await accountKey.current();
    const [change] = sent;
    expect(change?.protected).toMatchObject({ kid: `${origin}/account/9`, nonce: expect.any(String) });
    const inner = change?.payload as Record<'protected' | 'payload', string>;
    const decode = (text: string): unknown => JSON.parse(Buffer.from(text, 'base64url').toString());
    expect(decode(inner.protected)).toEqual({ alg: 'ES256', jwk: publicKey, url: `${origin}/key-change` });
    expect(decode(inner.payload)).toEqual({ account: `${origin}/account/9`, oldKey: publicKey });
  });

  it('looks again after a conflict: another process was first', async () => {
    const { client, unused } = scriptedAuthority(
      { '/account': [none, found, found], '/key-change': [problemReply(409, 'malformed')] },
      { accountKey: await rotated() },
    );
    expect(await client.ensureAccount()).toBe(`${origin}/account/9`);
    expect(unused()).toEqual([]);
  });

  it('hands on a refusal of the change that nobody else brought about', async () => {
    const { client } = scriptedAuthority(
      { '/account': [none, found, none], '/key-change': [problemReply(400, 'badPublicKey')] },
      { accountKey: await rotated() },
    );
    await expect(client.ensureAccount()).rejects.toMatchObject({ facts: { type: 'badPublicKey' } });
  });

  it('stays with the version that opened it at an authority where no key changes', async () => {
    const directory = { newNonce: `${origin}/nonce`, newAccount: `${origin}/account`, newOrder: origin };
    const { client, sent } = scriptedAuthority(
      { '/directory': [{ body: directory }], '/account': [none, found] },
      { accountKey: await rotated() },
    );
    expect(await client.ensureAccount()).toBe(`${origin}/account/9`);
    expect(sent).toEqual([]);
  });

  it.each([
    ['shows as deactivated', { ...found, body: { status: 'deactivated' } }],
    ['lets do nothing', problemReply(403, 'unauthorized')],
  ])('names what helps when the authority %s the account', async (_how, reply) => {
    const { client } = scriptedAuthority({ '/account': [reply] });
    await expect(client.ensureAccount()).rejects.toMatchObject({
      code: 'certificate_order_refused',
      facts: { authority: 'scripted', status: 'deactivated', remedy: expect.any(String) },
    });
  });

  it('passes on what the vault of the key says, as it is', async () => {
    const gone = new Error('the vault is away');
    const { client } = scriptedAuthority(
      {},
      { accountKey: { ...accountKey, sign: () => Promise.reject(gone) } },
    );
    await expect(client.ensureAccount()).rejects.toBe(gone);
  });
});

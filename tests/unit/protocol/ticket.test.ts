import { createHmac } from 'node:crypto';
import type { JWK } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import { mintTicket, type Ticket, verifyTicket } from '#shared/protocol/ticket.ts';
import { createMemorySigningKey } from '../../support/memory-signing-key.ts';
import { nowSeconds } from './keys.ts';

const machineName = 'abcdefghijklmnopqrstuvwxyz';
const ticket: Omit<Ticket, 'expiresAt'> = {
  id: '0b0f8a4e-4f0f-4a6e-9f8a-7f6d5c4b3a29',
  user: 'admin@example.test',
  machineName,
  sessionId: 'abcdefghijklmnop',
  service: 'WAC',
  sessionEndsAt: nowSeconds + 3600,
};
const key = createMemorySigningKey('key-2');
const otherKey = createMemorySigningKey('key-2');
let published: (JWK & { kid: string })[];
let token: string;

const mint = (changes: Partial<typeof ticket> = {}, keyId = 'key-2', signer = key) =>
  mintTicket({ ...ticket, ...changes }, keyId, (input) => signer.sign(keyId, input), nowSeconds);
const verify = (given = token, machine = machineName, at = nowSeconds) =>
  verifyTicket(published, machine, given, at);
const refusal = (why: string) => ({ code: 'token_invalid', message: expect.stringContaining(why) });

beforeAll(async () => {
  const { publicKey } = await key.current();
  const older = await createMemorySigningKey().current();
  published = [
    { ...older.publicKey, kid: 'key-1' },
    { ...publicKey, kid: 'key-2' },
  ];
  token = await mint();
});

describe('a ticket', () => {
  it('opens what it was minted for', async () => {
    expect(await verify()).toEqual({ ...ticket, expiresAt: nowSeconds + 60 });
  });

  it('of another machine is refused', async () => {
    await expect(verify(token, 'a'.repeat(26))).rejects.toMatchObject(refusal('aud'));
  });

  it.each([
    ['is good for a minute', 64, true],
    ['is refused after it, but for the tolerance of clocks', 66, false],
    ['is refused an hour later', 3600, false],
  ])('%s', async (_, seconds, accepted) => {
    const verdict = verify(token, machineName, nowSeconds + seconds).then(
      () => true,
      () => false,
    );
    expect(await verdict).toBe(accepted);
  });

  it('under a key that is not published is refused', async () => {
    await expect(verify(await mint({}, 'key-9', createMemorySigningKey('key-9')))).rejects.toMatchObject(
      refusal('unknown key'),
    );
  });

  it('by a stranger who names a published key is refused', async () => {
    await expect(verify(await mint({}, 'key-2', otherKey))).rejects.toMatchObject(refusal('signature'));
  });

  it('that was changed is refused', async () => {
    const [header, payload = '', signature] = token.split('.');
    const claims = { ...JSON.parse(Buffer.from(payload, 'base64url').toString()), sub: 'other@example.test' };
    const changed = Buffer.from(JSON.stringify(claims)).toString('base64url');
    await expect(verify(`${header}.${changed}.${signature}`)).rejects.toMatchObject(refusal('signature'));
  });

  it.each(['none', 'HS256'])('of the algorithm %s is refused', async (alg) => {
    const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const input = `${encode({ alg, typ: 'session-ticket+jwt', kid: 'key-2' })}.${token.split('.')[1]}`;
    const mac = createHmac('sha256', JSON.stringify(published[1])).update(input).digest('base64url');
    await expect(verify(`${input}.${alg === 'none' ? '' : mac}`)).rejects.toMatchObject({
      code: 'token_invalid',
    });
  });

  it('is no other token: its type is signed too', async () => {
    const { publicKey } = await key.current();
    const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const input = `${encode({ alg: 'ES256', typ: 'JWT', kid: 'key-2' })}.${token.split('.')[1]}`;
    const signature = Buffer.from(await key.sign('key-2', Buffer.from(input))).toString('base64url');
    expect(publicKey.kty).toBe('EC');
    await expect(verify(`${input}.${signature}`)).rejects.toMatchObject(refusal('typ'));
  });

  it.each<[string, Partial<typeof ticket>]>([
    ['a short session id', { sessionId: 'short' }],
    ['no user', { user: '' }],
    ['an id that can be guessed', { id: '1' }],
  ])('with %s is refused', async (_, changes) => {
    await expect(verify(await mint(changes))).rejects.toMatchObject({ code: 'token_invalid' });
  });
});

import { beforeAll, describe, expect, it } from 'vitest';
import { enrolmentToken } from '#shared/protocol/enrolment-token.ts';
import { sealCertificate, unsealCertificate } from '#shared/protocol/sealed-certificate.ts';
import { type KeyPair, machineId, newKeys } from './keys.ts';

const content = {
  privateKeyPem: '-----BEGIN PRIVATE KEY-----\nsecret\n-----END PRIVATE KEY-----\n',
  chainPem: '-----BEGIN CERTIFICATE-----\nleaf\n-----END CERTIFICATE-----\n',
};
const refused = { code: 'agent_token_invalid' };
let keys: KeyPair;
let others: KeyPair;
let sealed: string;

beforeAll(async () => {
  [keys, others] = await Promise.all([newKeys('ECDH-ES+A256KW'), newKeys('ECDH-ES+A256KW')]);
  sealed = await sealCertificate(keys.publicKey, content);
});

describe('a sealed certificate', () => {
  it('is opened by the key that it was sealed to', async () => {
    expect(await unsealCertificate(keys.privateKey, sealed)).toEqual(content);
  });

  it('is another text each time and shows nothing of the key', async () => {
    expect(await sealCertificate(keys.publicKey, content)).not.toBe(sealed);
    expect(Buffer.from(sealed, 'base64url').toString('latin1')).not.toContain('secret');
  });

  it('is not opened by another key', async () => {
    await expect(unsealCertificate(others.privateKey, sealed)).rejects.toMatchObject(refused);
  });

  it.each([1, 2, 3, 4])('that was tampered with in part %i is not opened', async (part) => {
    const parts = sealed.split('.');
    const text = parts[part] ?? '';
    parts[part] = (text.startsWith('A') ? 'B' : 'A') + text.slice(1);
    await expect(unsealCertificate(keys.privateKey, parts.join('.'))).rejects.toMatchObject(refused);
  });

  it('is refused when what is inside has another shape', async () => {
    const strange = await sealCertificate(keys.publicKey, { ...content, chainPem: 7 as unknown as string });
    await expect(unsealCertificate(keys.privateKey, strange)).rejects.toMatchObject(refused);
  });

  it.each(['', 'a.b.c.d.e', 'nothing'])('is not %j', async (text) => {
    await expect(unsealCertificate(keys.privateKey, text)).rejects.toMatchObject(refused);
  });
});

describe('an enrolment token', () => {
  // Computed apart from this code, with Python's hmac and base64.
  it('is the same for the same install, for ever', () => {
    const key = Buffer.from(Array.from({ length: 32 }, (_, index) => index));
    expect(enrolmentToken(key, machineId, 'abcdefghijklmnop')).toBe(
      'OlW_z4FL9aiGnf23W5eKf6Y55VX8Fw5F7aCeRkluxAY',
    );
  });

  it('differs by key, machine and salt', () => {
    const of = (key: string, machine: string, salt: string) =>
      enrolmentToken(Buffer.from(key), machine, salt);
    const all = [
      of('k', machineId, 's'),
      of('l', machineId, 's'),
      of('k', 'other', 's'),
      of('k', machineId, 't'),
    ];
    expect(new Set(all).size).toBe(4);
  });
});

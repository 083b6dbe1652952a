import { generateKeyPairSync } from 'node:crypto';
import { KeyClient } from '@azure/keyvault-keys';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningVault, refusalOf, startVault } from './running-vault.ts';

// Source: learn.microsoft.com/azure/key-vault/keys/how-to-configure-key-rotation and
// .../rest/api/keyvault/keys/update-key-rotation-policy.

const dayMs = 86_400_000;
let running: RunningVault;

beforeAll(async () => {
  running = await startVault();
});
afterAll(() => running.stop());

/** Clients keep tokens by the real clock: after time has passed in the vault, a new one is needed. */
const clientNow = () => new KeyClient(running.vaultUrl, running.credential);

describe('a key', () => {
  it('gets a new version by itself when its policy says so, and the old one stays usable', async () => {
    const first = await clientNow().createEcKey('yearly');
    await clientNow().updateKeyRotationPolicy('yearly', {
      expiresIn: 'P90D',
      lifetimeActions: [{ action: 'Rotate', timeAfterCreate: 'P30D' }],
    });
    running.clock.advance(29 * dayMs);
    expect((await clientNow().getKey('yearly')).id).toBe(first.id);
    running.clock.advance(dayMs);
    const second = await clientNow().getKey('yearly');
    expect(second.id).not.toBe(first.id);
    expect(second.properties.expiresOn?.getTime()).toBe(
      Math.floor(running.clock.now() / 1000) * 1000 + 90 * dayMs,
    );
    const old = clientNow().getCryptographyClient('yearly', { keyVersion: first.properties.version ?? '' });
    expect((await old.sign('ES256', Buffer.alloc(32))).result).toHaveLength(64);
  });

  it('rotates on command with the operations that it had', async () => {
    const first = await clientNow().createEcKey('by-hand', { keyOps: ['sign'], tags: { a: 'b' } });
    const second = await clientNow().rotateKey('by-hand');
    expect(second.properties.version).not.toBe(first.properties.version);
    expect(second.keyOperations).toEqual(['sign']);
    expect(second.properties.tags).toEqual({ a: 'b' });
  });

  it('has a policy that only notifies until one is set', async () => {
    await clientNow().createEcKey('plain');
    const { lifetimeActions } = await clientNow().getKeyRotationPolicy('plain');
    expect(lifetimeActions?.map(({ action }) => action)).toEqual(['Notify']);
  });

  it.each([
    ['an expiry below 28 days', { expiresIn: 'P27D' }],
    ['a trigger below 7 days', { lifetimeActions: [{ action: 'Rotate' as const, timeAfterCreate: 'P6D' }] }],
    [
      'an expiry that is missing',
      { lifetimeActions: [{ action: 'Rotate' as const, timeBeforeExpiry: 'P9D' }] },
    ],
    ['what is no duration', { expiresIn: 'a year' }],
  ])('refuses a policy with %s', async (_, policy) => {
    await clientNow().createEcKey('strict');
    const refusal = await refusalOf(clientNow().updateKeyRotationPolicy('strict', policy));
    expect(refusal).toMatchObject({ statusCode: 400, code: 'BadParameter' });
  });

  it('is imported with its private half, which stays inside', async () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const { kty = '', crv = '', ...jwk } = privateKey.export({ format: 'jwk' });
    const member = (name: 'x' | 'y' | 'd') => Buffer.from(jwk[name] ?? '', 'base64url');
    const imported = await clientNow().importKey('brought', {
      kty,
      crv,
      keyOps: ['sign'],
      x: member('x'),
      y: member('y'),
      d: member('d'),
    });
    expect(Buffer.from(imported.key?.x ?? [])).toEqual(member('x'));
    expect(imported.key?.d).toBeUndefined();
    expect(await refusalOf(clientNow().importKey('not-a-key', { kty: 'EC', crv: 'P-256' }))).toMatchObject({
      statusCode: 400,
    });
  });
});

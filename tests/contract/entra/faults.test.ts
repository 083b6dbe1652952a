import { ManagedIdentityCredential } from '@azure/identity';
import { createLocalJWKSet, jwtVerify } from 'jose';
import * as oauth from 'oauth4webapi';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Entra } from '#local/entra/entra.ts';
import { createManagedIdentity, type ManagedIdentity } from '#local/entra/managed-identity.ts';
import { systemClock } from '#local/kit/clock.ts';
import { openStore } from '#local/kit/store.ts';
import { cliClientId, discover, signIn, startEntra, trustedTls } from './tenant.ts';

const header = 'secret-of-the-app';
let entra: Entra;
let msi: ManagedIdentity;
beforeAll(async () => {
  entra = await startEntra(await trustedTls('login.localhost'));
  msi = await createManagedIdentity({
    clock: systemClock,
    store: openStore(':memory:'),
    port: 0,
    issue: entra.mint,
    identities: [
      {
        header,
        objectId: '00000000-0000-4000-8000-0000000000d2',
        clientId: '00000000-0000-4000-8000-0000000000e2',
      },
    ],
  });
});
afterEach(() => {
  entra.faults.clear();
  msi.faults.clear();
});
afterAll(() => Promise.all([entra.close(), msi.close()]));

/** Says which of the two is answered first; the first one was asked first. */
async function orderOf(first: () => Promise<unknown>, second: () => Promise<unknown>): Promise<string[]> {
  const order: string[] = [];
  await Promise.all([first().then(() => order.push('first')), second().then(() => order.push('second'))]);
  return order;
}

describe('a fault of Entra, seen by oauth4webapi', () => {
  const client = { client_id: cliClientId };
  let server: oauth.AuthorizationServer;
  let refreshToken: string;
  beforeAll(async () => {
    server = await discover(entra);
    refreshToken = (await signIn(entra)).refresh_token ?? '';
  });
  const renew = async () =>
    oauth.processRefreshTokenResponse(
      server,
      client,
      await oauth.refreshTokenGrantRequest(server, client, oauth.None(), refreshToken),
    );

  it('is a status', async () => {
    entra.faults.set('token', { status: 503, count: 1 });
    const failure = await renew().catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(oauth.OperationProcessingError);
    const { cause } = failure as { cause: Response };
    expect([cause.status, cause.headers.get('retry-after')]).toEqual([503, '1']);
    expect(await renew()).toMatchObject({ token_type: 'bearer' });
  });

  it('is an OAuth error for a status below 500', async () => {
    entra.faults.set('token', { status: 400 });
    await expect(renew()).rejects.toMatchObject({
      status: 400,
      error: 'temporarily_unavailable',
      cause: { error_codes: [90055] },
    });
  });

  it('is a wait: what was asked later is answered earlier', async () => {
    entra.faults.set('token', { delayMs: 500 });
    expect(await orderOf(renew, () => discover(entra))).toEqual(['second', 'first']);
  });

  it('is a dropped connection', async () => {
    entra.faults.set('token', { drop: true });
    await expect(renew()).rejects.toThrow('fetch failed');
  });

  it('is too many requests, with the wait', async () => {
    entra.faults.set('token', { throttleMs: 7_000 });
    const failure = await renew().catch((error: unknown) => error);
    expect(failure).toMatchObject({ status: 429, error: 'temporarily_unavailable' });
    expect((failure as oauth.ResponseBodyError).response.headers.get('retry-after')).toBe('7');
  });

  it.each([
    ['fast', 600_000, '"nbf" (not before)'],
    ['slow', -7_200_000, '"exp" (expiration time)'],
  ])('is a clock that is %s', async (_, skewMs, named) => {
    entra.faults.set('token', { skewMs });
    await expect(signIn(entra)).rejects.toThrow(named);
  });
});

describe('a fault of the managed identity, seen by @azure/identity', () => {
  beforeEach(() => {
    vi.stubEnv('IDENTITY_ENDPOINT', msi.endpoint);
    vi.stubEnv('IDENTITY_HEADER', header);
  });
  afterEach(() => vi.unstubAllEnvs());

  // The SDK keeps the tokens of a process: each case asks for a resource of its own.
  const ask = (resource: string) =>
    new ManagedIdentityCredential({ retryOptions: { maxRetries: 0 } }).getToken(
      `https://${resource}.localhost/.default`,
    );

  it('is a status, gone when it was counted down', async () => {
    msi.faults.set('token', { status: 500, count: 1 });
    await expect(ask('status')).rejects.toMatchObject({ cause: { status: 500, errorCode: 'server_error' } });
    expect(await ask('status')).toMatchObject({ token: expect.stringMatching(/^ey/) });
  });

  it('is a wait: what was asked later is answered earlier', async () => {
    msi.faults.set('token', { delayMs: 500, count: 1 });
    const first = ask('slow');
    await expect.poll(() => msi.faults.list().size).toBe(0);
    expect(
      await orderOf(
        () => first,
        () => ask('quick'),
      ),
    ).toEqual(['second', 'first']);
  });

  it('is a dropped connection', async () => {
    msi.faults.set('token', { drop: true });
    await expect(ask('drop')).rejects.toThrow('network_error');
  });

  it('is too many requests', async () => {
    msi.faults.set('token', { throttleMs: 300_000 });
    await expect(ask('throttle')).rejects.toThrow('Too many requests');
  });

  it('is a clock that is fast: its tokens are not valid yet', async () => {
    msi.faults.set('token', { skewMs: 600_000 });
    const { token } = await ask('skew');
    await expect(jwtVerify(token, createLocalJWKSet(entra.jwks()))).rejects.toThrow('"nbf"');
  });
});

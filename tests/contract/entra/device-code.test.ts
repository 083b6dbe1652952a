import { DeviceCodeCredential } from '@azure/identity';
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Entra } from '#local/entra/entra.ts';
import { createManualClock, type ManualClock } from '#local/kit/clock.ts';
import {
  administrator,
  apiScope,
  cliClientId,
  spaClientId,
  startEntra,
  tenantId,
  trustedTls,
} from './tenant.ts';

// Sources: RFC 8628, and learn.microsoft.com/entra/identity-platform/v2-oauth2-device-code for the names of errors.

const grant = 'urn:ietf:params:oauth:grant-type:device_code';
let entra: Entra;
let clock: ManualClock;

beforeAll(async () => {
  clock = createManualClock(Date.now());
  entra = await startEntra(await trustedTls('login.localhost'), clock);
});
afterAll(() => entra.close());

interface DeviceAnswer {
  device_code: string;
  user_code: string;
  verification_uri: string;
  message: string;
  interval: number;
  error_codes?: number[];
}

const post = async (path: string, fields: Record<string, string>) => {
  const reply = await fetch(`${entra.authority}/oauth2/v2.0/${path}`, {
    method: 'POST',
    body: new URLSearchParams(fields),
  });
  return (await reply.json()) as DeviceAnswer & { error?: string; access_token?: string };
};
const begin = (clientId = cliClientId) =>
  post('devicecode', { client_id: clientId, scope: `openid offline_access ${apiScope}` });
const poll = (deviceCode: string, clientId = cliClientId) =>
  post('token', { grant_type: grant, client_id: clientId, device_code: deviceCode });
const enter = async (fields: Record<string, string>) => {
  const reply = await fetch(`${entra.origin}/devicelogin`, {
    method: 'POST',
    body: new URLSearchParams(fields),
  });
  return { status: reply.status, html: await reply.text() };
};

describe('a device that asks for a code', () => {
  let device: DeviceAnswer;
  beforeEach(async () => {
    device = await begin();
  });

  it('is told where to enter it, waits while nobody has, and gets tokens once', async () => {
    expect(device).toMatchObject({ verification_uri: `${entra.origin}/devicelogin`, interval: 5 });
    expect(device.message).toContain(device.user_code);
    expect(await poll(device.device_code)).toMatchObject({ error: 'authorization_pending' });
    await enter({ code: device.user_code.toLowerCase(), account: administrator.userPrincipalName });
    clock.advance(5_000);
    const { access_token: token = '' } = await poll(device.device_code);
    expect(decodeJwt(token)).toMatchObject({ oid: administrator.objectId, scp: 'user_impersonation' });
    clock.advance(5_000);
    expect(await poll(device.device_code)).toMatchObject({ error: 'invalid_grant' });
  });

  it('is told to slow down when it polls too fast, and to wait five seconds more from then on', async () => {
    await poll(device.device_code);
    clock.advance(1_000);
    expect(await poll(device.device_code)).toMatchObject({ error: 'slow_down' });
    clock.advance(6_000);
    expect(await poll(device.device_code)).toMatchObject({ error: 'slow_down' });
    clock.advance(15_000);
    expect(await poll(device.device_code)).toMatchObject({ error: 'authorization_pending' });
  });

  it('is told when the person declined, and when the code has expired', async () => {
    await enter({ code: device.user_code, account: '' });
    expect(await poll(device.device_code)).toMatchObject({ error: 'authorization_declined' });
    const late = await begin();
    clock.advance(901_000);
    expect(await poll(late.device_code)).toMatchObject({ error: 'expired_token' });
    expect((await enter({ code: late.user_code })).html).toContain('not known here');
  });

  it('cannot use the code of another client', async () => {
    expect(await poll(device.device_code, spaClientId)).toMatchObject({ error: 'bad_verification_code' });
  });

  it('is refused when it is no public client', async () => {
    expect(await begin(spaClientId)).toMatchObject({ error: 'invalid_client', error_codes: [7000218] });
  });
});

it('the page names the program that asks before an account is picked', async () => {
  const { user_code: code } = await begin();
  const { html } = await enter({ code });
  expect(html).toContain('Command line');
  expect(html).toContain(`name="account" value="${administrator.userPrincipalName}"`);
  expect(html).toContain('That was not me');
});

it('the SDK’s credential signs in with a code', async () => {
  const credential = new DeviceCodeCredential({
    authorityHost: entra.origin,
    tenantId,
    clientId: cliClientId,
    disableInstanceDiscovery: true,
    // The client polls at once and again after five seconds of its own; the tenant's clock is moved for it.
    userPromptCallback: ({ userCode }) =>
      void enter({ code: userCode, account: administrator.userPrincipalName }).then(() =>
        clock.advance(5_000),
      ),
  });
  const { token } = await credential.getToken(apiScope);
  expect(decodeJwt(token)['oid']).toBe(administrator.objectId);
});

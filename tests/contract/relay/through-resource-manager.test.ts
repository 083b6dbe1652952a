import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '#local/kit/clock.ts';
import { freePort } from '#local/kit/free-port.ts';
import type { StandIn } from '#local/kit/stand-in.ts';
import { openStore } from '#local/kit/store.ts';
import { createTokenVerifier } from '#local/kit/tokens.ts';
import { createRelay } from '#local/relay/relay.ts';
import { trustedTls } from '../entra/tenant.ts';
import { type Cloud, call, groupId, startCloud, versions } from '../resource-manager/cloud.ts';
import { closeOf, dial, opened, statusOf } from './wire.ts';

const id = `${groupId}/providers/Microsoft.Relay/namespaces/local/hybridConnections/made`;
let cloud: Cloud;
let relay: StandIn;
let url: string;
let authorization: { ServiceBusAuthorization: string };

beforeAll(async () => {
  cloud = await startCloud();
  const { entra, arm } = cloud;
  const port = await freePort();
  const publicHost = `local.relay.localhost:${port}`;
  relay = await createRelay({
    clock: systemClock,
    store: openStore(':memory:'),
    port,
    tls: await trustedTls('local.relay.localhost'),
    publicHost,
    namespace: 'local',
    hybridConnections: arm.hybridConnections,
    verifyToken: createTokenVerifier({ keys: entra.jwks, issuers: entra.issuers, clock: systemClock }),
  });
  url = `wss://${publicHost}/$hc/made?sb-hc-action=listen`;
  const token = await entra.mint({ aud: 'https://relay.azure.net' });
  authorization = { ServiceBusAuthorization: `Bearer ${token}` };
});
afterAll(() => relay.close());

describe('a hybrid connection', () => {
  it('exists from its PUT through Resource Manager to its DELETE, and not a moment longer', async () => {
    expect(await statusOf(dial(url, authorization))).toMatchObject({ status: 404 });
    await call(cloud.clientOf(), 'put', id, versions.relay, { body: { properties: {} } });
    const channel = await opened(dial(url, authorization));
    const closed = closeOf(channel);
    await call(cloud.clientOf(), 'delete', id, versions.relay);
    expect(await closed).toBe(1001);
    expect(await statusOf(dial(url, authorization))).toMatchObject({ status: 404 });
  });
});

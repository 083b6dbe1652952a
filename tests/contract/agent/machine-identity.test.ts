import { createRemoteJWKSet, jwtVerify } from 'jose';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { readMachineToken } from '#agent/machine-identity.ts';
import { parseSettings } from '#agent/settings.ts';
import type { Entra } from '#local/entra/entra.ts';
import { createManagedIdentity, type ManagedIdentity } from '#local/entra/managed-identity.ts';
import { systemClock } from '#local/kit/clock.ts';
import { openStore } from '#local/kit/store.ts';
import { apiClientId, startEntra, trustedTls } from '../entra/tenant.ts';
import { type AgentWorld, resourceId, startAgentWorld } from './agent-world.ts';

const machine = {
  header: 'only this machine knows it',
  objectId: '00000000-0000-4000-8000-0000000000d9',
  clientId: '00000000-0000-4000-8000-0000000000e9',
  resourceId,
};
const patience = { timeout: 15_000 };

describe('an agent that was installed without a token', () => {
  let entra: Entra;
  let identities: ManagedIdentity;
  let world: AgentWorld;
  beforeAll(async () => {
    entra = await startEntra(await trustedTls('login.localhost', 'graph.localhost'));
    identities = await createManagedIdentity({
      clock: systemClock,
      store: openStore(':memory:'),
      port: 0,
      issue: entra.mint,
      identities: [machine],
      machine: machine.objectId,
    });
    world = await startAgentWorld({
      async isIdentityOf(identityToken, claimed) {
        const keys = createRemoteJWKSet(new URL(`${entra.authority}/discovery/v2.0/keys`));
        const { payload } = await jwtVerify(identityToken, keys, { audience: apiClientId });
        return payload['xms_mirid'] === claimed;
      },
    });
  });
  afterEach(() => vi.unstubAllEnvs());
  afterAll(async () => {
    await world.close();
    await identities.close();
    await entra.close();
  });

  it('needs the audience of the API instead', () => {
    const settings = { controlPlane: 'https://api.example', resourceId, port: '6516', dataDirectory: '/d' };
    expect(() => parseSettings(JSON.stringify(settings))).toThrow(
      'token: is needed where there is no audience',
    );
    expect(parseSettings(JSON.stringify({ ...settings, audience: apiClientId }))).toMatchObject({ salt: '' });
  });

  it.each([
    [
      'from IDENTITY_ENDPOINT',
      () => ({ IDENTITY_ENDPOINT: identities.endpoint, IDENTITY_HEADER: machine.header }),
    ],
    ['from the metadata service', () => ({ AZURE_POD_IDENTITY_AUTHORITY_HOST: identities.metadataOrigin })],
  ])('requirement 53: gets a token of the machine’s own identity %s', async (_, environment) => {
    for (const [name, value] of Object.entries(environment())) vi.stubEnv(name, value);
    const keys = createRemoteJWKSet(new URL(`${entra.authority}/discovery/v2.0/keys`));
    for (const audience of [apiClientId, `${apiClientId}/.default`]) {
      const { payload } = await jwtVerify(await readMachineToken(audience), keys, { audience: apiClientId });
      expect(payload).toMatchObject({ xms_mirid: resourceId, oid: machine.objectId });
    }
  });

  it('requirement 53: enrols with it, waits until the machine has one, and does not do so again', async () => {
    let hasIdentity = false;
    world.startAgent({
      settings: { token: undefined, audience: apiClientId },
      async readMachineToken(audience) {
        if (!hasIdentity) throw new Error('no managed identity answers');
        return readMachineToken(audience);
      },
    });
    await vi.waitFor(() => expect(world.lines.join('')).toContain('agent.enrolment_failed'), patience);
    expect(world.controlPlane().enrolled()).toBeUndefined();
    vi.stubEnv('IDENTITY_ENDPOINT', identities.endpoint);
    vi.stubEnv('IDENTITY_HEADER', machine.header);
    hasIdentity = true;
    await world.waitForReport({ kind: 'serving', servingThumbprint: world.certificate().thumbprint });
    expect(world.controlPlane().enrolled()).not.toHaveProperty('token');
    const token = world.controlPlane().enrolled()?.identityToken ?? '';
    expect(token).not.toBe('');
    expect(world.lines.join('')).not.toContain(token);
    const agent = world.running.at(-1);
    agent?.stop.abort();
    await agent?.ended;
    const from = world.reports.length;
    world.startAgent({ settings: { token: undefined, audience: apiClientId } });
    await world.waitForReport({ kind: 'serving' }, from);
    expect(world.controlPlane().calls.filter((call) => call.endsWith('/enrolment'))).toHaveLength(1);
  });
});

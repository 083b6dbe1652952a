import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApiClient } from '#local/main-job/api-client.ts';
import { getPage, openSessionUrl } from '#local/main-job/open-session-url.ts';
import * as sample from '#local/samples/sample-data.ts';
import { type OperationReply, operationReply } from '#shared/protocol/api.ts';
import { certificateReply, drillReply, forecastReply } from '#shared/protocol/certificate-api.ts';
import { certificateName } from '#shared/protocol/resource-names.ts';
import { addressesIn } from '../support/address-writings.ts';
import { installOn } from '../support/install.ts';
import { machineAt, type SystemUnderTest, startSystem } from '../support/system.ts';

/** The whole certificate half over the real wires, on one machine, in the order of a certificate's life. */
describe('the certificate of an installed machine', () => {
  let system: SystemUnderTest;
  let administrator: ApiClient & { token: string };
  let machineId: string;

  beforeAll(async () => {
    system = await startSystem();
    administrator = await system.as('Administrator');
    ({ machineId } = await installOn(administrator, machineAt(system, 0)));
  });
  afterAll(() => system?.stop());

  async function call(method: string, path: string, body?: object): Promise<unknown> {
    const response = await fetch(`${system.baseUrl}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${administrator.token}`,
        ...(body && { 'content-type': 'application/json' }),
      },
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path} answered ${response.status} ${text}`);
    return JSON.parse(text);
  }
  const certificate = async () =>
    certificateReply.parse(await call('GET', `/api/machines/${machineId}/certificate`));
  async function operate(method: string, path: string, body: object): Promise<OperationReply> {
    const begun = operationReply.parse(await call(method, `/api/machines/${machineId}/${path}`, body));
    const ended = await administrator.follow(begun, () => {});
    if (ended.error) throw new Error(`${ended.error.code}: ${ended.error.detail}`);
    return ended;
  }
  /** A token of the app's own identity. */
  async function tokenFor(resource: string): Promise<string> {
    const { endpoint, headers } = system.connection.managedIdentity;
    const response = await fetch(
      `${endpoint}?api-version=2019-08-01&resource=${encodeURIComponent(resource)}`,
      {
        headers: { 'x-identity-header': headers.app },
      },
    );
    return ((await response.json()) as { access_token: string }).access_token;
  }
  const opens = async () => {
    const page = await openSessionUrl((await administrator.connect(machineId)).url);
    expect(page.status).toBe(200);
    return page.thumbprint;
  };

  it('says in words why it is as it is, and what happens next and when', async () => {
    const { explanation, next, leaf, state } = await certificate();
    expect(state).toBe('served');
    expect(explanation[0]).toContain(
      'The machine serves its certificate, issued by local; it is good until ',
    );
    expect(next.what).toBe('It is renewed.');
    expect(Date.parse(next.at ?? '')).toBeGreaterThan(Date.now());
    expect(await opens()).toBe(leaf?.thumbprint);
  });

  it('is renewed on request; the machine serves the new one and the old one is history', async () => {
    const before = await certificate();
    expect(await operate('POST', 'certificate/renewals', {})).toMatchObject({ status: 'succeeded' });
    const after = await certificate();
    expect(after).toMatchObject({ state: 'served', previous: null });
    expect(after.leaf?.thumbprint).not.toBe(before.leaf?.thumbprint);
    expect(await opens()).toBe(after.leaf?.thumbprint);
    expect(after.history.map(({ event }) => event)).toEqual(
      expect.arrayContaining(['ordered', 'issued', 'delivered', 'served']),
    );
  });

  it('with a key that the machine holds is a chain in the vault and no key anywhere but there', async () => {
    await operate('POST', 'certificate/renewals', { keys: 'machine' });
    const { leaf, custody, explanation } = await certificate();
    expect(custody).toBe('machine');
    expect(explanation.join(' ')).toContain('The machine holds the private key');
    expect(await opens()).toBe(leaf?.thumbprint);
    const { machineName } = await administrator.getMachine(machineId);
    const name = certificateName(machineName ?? '');
    const response = await fetch(`${system.connection.keyVault.url}/secrets/${name}-chain?api-version=7.6`, {
      headers: { authorization: `Bearer ${await tokenFor('https://vault.localhost')}` },
    });
    expect(response.status).toBe(200);
    const kept = (await response.json()) as { value: string; contentType: string; tags: object };
    expect(kept.contentType).toBe('application/pem-certificate-chain');
    expect(kept.value).toContain('BEGIN CERTIFICATE');
    expect(kept.value).not.toContain('PRIVATE KEY');
    expect(kept.tags).toHaveProperty('authority');
  });

  it('goes back to a key in the vault by another renewal', async () => {
    await operate('POST', 'certificate/renewals', { keys: 'vault' });
    expect(await certificate()).toMatchObject({ custody: 'vault', state: 'served' });
    expect(await opens()).toBe((await certificate()).leaf?.thumbprint);
  });

  it('moves to a new name without breaking a session on the old one', async () => {
    const old = await administrator.getMachine(machineId);
    const session = await administrator.connect(machineId);
    const { cookie } = await openSessionUrl(session.url);
    const page = () => getPage(new URL('/', session.url).href, { cookie });
    expect((await page()).status).toBe(200);
    const { port } = machineAt(system, 0);
    await operate('PUT', 'extension', { port, newName: true });
    const renamed = await administrator.getMachine(machineId);
    expect(renamed.machineName).not.toBe(old.machineName);
    expect((await page()).status).toBe(200);
    const fresh = await administrator.connect(machineId);
    expect(new URL(fresh.url).hostname).toContain(`.${renamed.machineName}.`);
    expect((await openSessionUrl(fresh.url)).status).toBe(200);
  });

  it('is replaced before it is revoked', async () => {
    const before = await certificate();
    await operate('POST', 'certificate/revocations', { reason: 'superseded' });
    const after = await certificate();
    expect(after).toMatchObject({ state: 'served', replacement: null });
    expect(after.leaf?.thumbprint).not.toBe(before.leaf?.thumbprint);
    expect(
      after.history.some(({ event, detail }) => event === 'revoked' && detail === before.leaf?.thumbprint),
    ).toBe(true);
    expect(await opens()).toBe(after.leaf?.thumbprint);
  });

  it('stands in the forecast', async () => {
    const forecast = forecastReply.parse(await call('GET', '/api/certificates/forecast'));
    expect(forecast.states).toEqual({ served: 1 });
    expect(forecast.authorities).toMatchObject([{ name: 'local', closed: null, queue: { urgent: 0 } }]);
    expect(forecast.weeks.reduce((sum, { expiring }) => sum + expiring, 0)).toBe(1);
    expect(forecast.firstAtRisk).toBeNull();
  });

  it('is replaced by a fleet-wide drill, with progress to its end', async () => {
    const before = await certificate();
    let drill = drillReply.parse(await call('POST', '/api/certificates/drill', {}));
    expect(drill).toMatchObject({ status: 'running', total: 1 });
    await expect.poll(async () => (await certificate()).replacement).not.toBeNull();
    // The renewal timer fires each minute; here it is called.
    const started = await fetch(`${system.baseUrl}/admin/functions/renewCertificates`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ input: '' }),
    });
    expect(started.status).toBe(202);
    for (let look = 0; drill.status === 'running' && look < 200; look += 1) {
      await sleep(250);
      drill = drillReply.parse(await call('GET', `/api/certificates/drills/${drill.id}`));
    }
    expect(drill).toMatchObject({ status: 'succeeded', replaced: 1, percent: 100 });
    expect((await certificate()).leaf?.thumbprint).not.toBe(before.leaf?.thumbprint);
  });

  it('requirement 63 and C11: no address of the machine stands anywhere in the zone, and no proof is left', async () => {
    const url = `${system.connection.resourceManager.endpoint}${sample.dnsZoneId}/all?api-version=2018-05-01`;
    const response = await fetch(url, {
      headers: { authorization: `Bearer ${await tokenFor('https://management.azure.com')}` },
    });
    const { value } = (await response.json()) as {
      value: { name: string; type: string; properties: object }[];
    };
    const ours = value.filter(({ type }) => !/\/(?:SOA|NS)$/.test(type));
    expect(ours.length).toBeGreaterThan(1);
    expect(ours.filter(({ name }) => name.startsWith('_acme-challenge'))).toEqual([]);
    // Everything but where the names point: that is the proxy.
    const text = JSON.stringify(ours).replaceAll('"ipv4Address":"127.0.0.1"', '');
    expect(addressesIn(text, ['127.0.0.1'])).toEqual([]);
  });
});

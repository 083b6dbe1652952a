import { Resolver } from 'node:dns/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '#local/kit/free-port.ts';
import type { ApiClient } from '#local/main-job/api-client.ts';
import { openSessionUrl } from '#local/main-job/open-session-url.ts';
import * as sample from '#local/samples/sample-data.ts';
import { operationReply, preconditionsReply } from '#shared/protocol/api.ts';
import { addressesReply } from '#shared/protocol/install-api.ts';
import { machineAt, type SystemUnderTest, startOwn } from '../support/system.ts';

const address = '127.0.0.1';
const sources = ['198.51.100.0/24', '192.0.2.9'];

/** One virtual machine, whose private address is this computer's loopback. */
describe('a virtual machine that is reached directly', () => {
  let system: SystemUnderTest;
  let administrator: ApiClient & { token: string };
  let machineId: string;
  let port: number;
  beforeAll(async () => {
    system = await startOwn('system', { machines: [sample.virtualMachine] });
    administrator = await system.as('Administrator');
    ({ id: machineId } = await administrator.addMachine(machineAt(system, 0).resourceId));
    port = await freePort();
  });
  afterAll(() => system?.stop());

  async function call(method: string, path: string, body?: object): Promise<unknown> {
    const response = await fetch(`${system.baseUrl}/api/machines/${machineId}${path}`, {
      method,
      headers: { authorization: `Bearer ${administrator.token}`, 'content-type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
    });
    const told: unknown = await response.json();
    if (!response.ok) throw new Error(JSON.stringify(told));
    return told;
  }
  async function operate(method: string, body?: object): Promise<void> {
    const begun = operationReply.parse(await call(method, '/extension', body));
    expect((await administrator.follow(begun, () => {})).error ?? null).toBeNull();
  }
  async function armTold(path: string): Promise<{ status: number; body: unknown }> {
    const { managedIdentity, resourceManager } = system.connection;
    const asked = new URL(managedIdentity.endpoint);
    asked.searchParams.set('resource', `${resourceManager.audience}/`);
    asked.searchParams.set('api-version', '2019-08-01');
    const token = await fetch(asked, { headers: { 'x-identity-header': managedIdentity.headers.app } });
    const { access_token: bearer } = (await token.json()) as { access_token: string };
    const url = new URL(
      `${sample.resourceGroupId}/providers/Microsoft.Network/${path}`,
      resourceManager.endpoint,
    );
    url.searchParams.set('api-version', '2024-05-01');
    const response = await fetch(url, { headers: { authorization: `Bearer ${bearer}` } });
    return { status: response.status, body: (await response.json()) as unknown };
  }
  const rule = () => armTold(`networkSecurityGroups/${sample.virtualMachine.name}/securityRules/PortForWAC`);
  async function publishedAt(name: string): Promise<string[]> {
    const { dns } = system.connection;
    const resolver = new Resolver();
    resolver.setServers([`127.0.0.1:${dns.port}`]);
    return resolver.resolve4(`${name}.${dns.zone}`).catch(() => []);
  }

  it('requirement 83: shows its addresses, and judges them before an install', async () => {
    const { value } = addressesReply.parse(await call('GET', `/addresses?port=${port}`));
    expect(value).toMatchObject([{ address, isPublic: false, isRecommended: true }]);
    const judged = preconditionsReply.parse(
      await call('GET', `/preconditions?direct=${address}&port=${port}`),
    );
    expect(judged.preconditions.filter(({ met }) => !met)).toEqual([]);
    expect(judged.preconditions.map(({ code }) => code)).toContain('inbound_rules');
  });

  it('requirements 131 and 132: installs with the rule, and C11: publishes the address', async () => {
    await operate('PUT', { port, direct: { address, sources } });
    expect((await rule()).body).toMatchObject({
      properties: {
        protocol: 'Tcp',
        access: 'Allow',
        direction: 'Inbound',
        sourceAddressPrefixes: sources,
        sourcePortRange: '*',
        destinationAddressPrefix: '*',
        destinationPortRange: String(port),
      },
    });
    const { machineName } = await administrator.getMachine(machineId);
    expect(await publishedAt(String(machineName))).toEqual([address]);
    expect(await publishedAt(`label.${machineName}`)).toEqual([address]);
  });

  it('requirements 115 and 134: connects to its own port at once, and is told that this is fresh', async () => {
    const session = await administrator.connect(machineId);
    expect(new URL(session.url).port).toBe(String(port));
    expect(session.advice).toMatch(/wait a minute or two/);
    const page = await openSessionUrl(session.url);
    expect(page.status).toBe(200);
    expect(page.body).toContain(machineAt(system, 0).name);
    expect(page.thumbprint).toBe((await administrator.getMachine(machineId)).certificate?.thumbprint);
  });

  it('goes back to the proxy under another name, and nothing is open behind it', async () => {
    const before = await administrator.getMachine(machineId);
    await operate('PUT', { direct: null });
    const after = await administrator.getMachine(machineId);
    expect(after.reach).toEqual({ mode: 'reverse' });
    expect(after.machineName).not.toBe(before.machineName);
    expect((await rule()).status).toBe(404);
    const page = await openSessionUrl((await administrator.connect(machineId)).url);
    expect(page.body).toContain(machineAt(system, 0).name);
  });

  it('leaves no rule behind when it is uninstalled', async () => {
    await operate('PUT', { direct: { address, sources } });
    expect((await rule()).status).toBe(200);
    await operate('DELETE');
    expect((await rule()).status).toBe(404);
    expect((await administrator.getMachine(machineId)).extension.state).toBe('absent');
  });
});

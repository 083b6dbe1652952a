import { createHash, X509Certificate } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CosmosClient } from '@azure/cosmos';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApiClient } from '#local/main-job/api-client.ts';
import { getPage, openSessionUrl } from '#local/main-job/open-session-url.ts';
import type { OperationReply } from '#shared/protocol/api.ts';
import { type AuditRecord, auditVerifyReply } from '#shared/protocol/audit-api.ts';
import { auditKeyOf } from '#shared/protocol/audit-chain.ts';
import { cosmosNames } from '#shared/protocol/resource-names.ts';
import { installOn } from '../support/install.ts';
import { childProcesses, tcpSocketsOf } from '../support/process-sockets.ts';
import { machineAt, type SystemUnderTest, startSystem } from '../support/system.ts';

describe('install and connect, as an administrator does it', () => {
  let system: SystemUnderTest;
  let administrator: ApiClient & { token: string };
  let machineId: string;
  let seen: OperationReply[];

  beforeAll(async () => {
    system = await startSystem();
    administrator = await system.as('Administrator');
    seen = [];
    ({ machineId } = await installOn(administrator, machineAt(system, 0), (operation) =>
      seen.push(operation),
    ));
  });
  afterAll(() => system?.stop());

  const leafOfAgent = () => {
    const directory = machineAt(system, 0).agentCertificates;
    const [file = ''] = readdirSync(directory);
    const leaf = new X509Certificate(readFileSync(join(directory, file)));
    return { leaf, thumbprint: createHash('sha256').update(leaf.raw).digest('hex') };
  };

  it('requirements 106 and 107: the home page is the exact sentence as plain text', async () => {
    const response = await fetch(`${system.baseUrl}/`);
    expect(response.headers.get('content-type')).toMatch(/^text\/plain/);
    expect(await response.text()).toBe(
      "You've found the Windows Admin Center in Azure APIs' home page. Please use the Azure portal to manage your virtual machines with Windows Admin Center.",
    );
  });

  it('requirement 43: install is three steps in their order, each visible with its times', () => {
    const last = seen.at(-1);
    expect(last?.status).toBe('succeeded');
    expect(last?.percent).toBe(100);
    expect(last?.steps.map(({ name }) => name)).toEqual([
      'Register the resource provider',
      'Deploy the endpoint',
      'Install the agent',
    ]);
    const times = (last?.steps ?? []).flatMap(({ startedAt, endedAt }) => [startedAt ?? '', endedAt ?? '']);
    expect(times).toEqual(times.toSorted());
    expect(times.every((time) => time !== '')).toBe(true);
  });

  it('requirements 48 and 64: the machine serves one certificate for its base name and its wildcard', async () => {
    const machine = await administrator.getMachine(machineId);
    expect(machine.extension).toMatchObject({ state: 'installed', port: machineAt(system, 0).port });
    expect(machine.certificate?.state).toBe('served');
    const { leaf, thumbprint } = leafOfAgent();
    expect(machine.certificate?.thumbprint).toBe(thumbprint);
    const base = `${machine.machineName}.${system.connection.dns.zone}`;
    expect(machine.certificate?.hostNames).toEqual([base, `*.${base}`]);
    expect(leaf.checkHost(base)).toBe(base);
    expect(leaf.checkHost(`label.${base}`)).toBe(`*.${base}`);
  });

  it('requirements 61-63: the name is a hash and tells nothing of the machine', async () => {
    const { machineName, name } = await administrator.getMachine(machineId);
    expect(machineName).toMatch(/^[a-z2-7]{26}$/);
    expect(machineName).not.toContain(name);
    expect(machineName).not.toBe(machineId);
  });

  it('requirements 66 and 69: the leaf that the client sees is the one that the machine holds', async () => {
    const session = await administrator.connect(machineId);
    const page = await openSessionUrl(session.url);
    expect(page.status).toBe(200);
    expect(page.body).toContain(machineAt(system, 0).name);
    expect(page.thumbprint).toBe(leafOfAgent().thumbprint);
  });

  it('requirement 74: two connects never share a URL', async () => {
    const [first, second] = await Promise.all([
      administrator.connect(machineId),
      administrator.connect(machineId),
    ]);
    expect(new URL(first.url).host).not.toBe(new URL(second.url).host);
    expect(first.sessionId).not.toBe(second.sessionId);
  });

  it('a good name without a ticket gets the agent’s own 401 page', async () => {
    const { url } = await administrator.connect(machineId);
    const page = await getPage(new URL('/', url).href);
    expect(page.status).toBe(401);
    expect(page.headers['content-type']).toMatch(/^text\/html/);
    expect(page.thumbprint).toBe(leafOfAgent().thumbprint);
  });

  it('a ticket opens once', async () => {
    const { url } = await administrator.connect(machineId);
    expect((await openSessionUrl(url)).status).toBe(200);
    expect((await getPage(url)).status).toBe(401);
  });

  it('the cookie of one session does not open another', async () => {
    const [first, second] = [await administrator.connect(machineId), await administrator.connect(machineId)];
    const { cookie } = await openSessionUrl(first.url);
    expect((await getPage(new URL('/', first.url).href, { cookie })).status).toBe(200);
    expect((await getPage(new URL('/', second.url).href, { cookie })).status).toBe(401);
  });

  it('a revoked session is cut and its name is refused', async () => {
    const { url, sessionId } = await administrator.connect(machineId);
    await openSessionUrl(url);
    const revoked = await fetch(`${system.baseUrl}/api/machines/${machineId}/sessions/${sessionId}`, {
      method: 'DELETE',
      headers: { authorization: `Bearer ${administrator.token}` },
    });
    expect(revoked.status).toBe(204);
    await expect
      .poll(() =>
        getPage(new URL('/', url).href).then(
          ({ status }) => status,
          () => 'refused',
        ),
      )
      .toBe('refused');
  });

  it('requirements 36 and 67: the timer renews what is due, and the machine serves the new certificate', async () => {
    const before = await administrator.getMachine(machineId);
    await makeDue(system, machineId);
    const started = await fetch(`${system.baseUrl}/admin/functions/renewCertificates`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ input: '' }),
    });
    expect(started.status).toBe(202);
    const seenOf = async () => (await administrator.getMachine(machineId)).certificate;
    await expect
      .poll(async () => (await seenOf())?.thumbprint, { timeout: 30_000 })
      .not.toBe(before.certificate?.thumbprint);
    await expect.poll(async () => (await seenOf())?.state, { timeout: 30_000 }).toBe('served');
    const page = await openSessionUrl((await administrator.connect(machineId)).url);
    expect(page.thumbprint).toBe((await seenOf())?.thumbprint);
    expect(page.thumbprint).toBe(leafOfAgent().thumbprint);
  });

  it.runIf(process.platform === 'linux')(
    'requirements 32, 33 and 97: a machine that answers through its relay listens on no port at all',
    async () => {
      expect((await openSessionUrl((await administrator.connect(machineId)).url)).status).toBe(200);
      const agents = childProcesses(machineAt(system, 0).child.pid, 'agent');
      expect(agents).toHaveLength(1);
      const sockets = agents.map(tcpSocketsOf);
      const relayPort = Number(new URL(`https://${system.connection.relay.host}`).port);
      expect(sockets.map(({ listening }) => listening)).toEqual([[]]);
      expect(sockets[0]?.connectedTo).toContain(relayPort);
    },
  );

  it('requirements 22, 107 and 114: the machine has tried what it needs outbound, and reached it all', async () => {
    await expect
      .poll(async () => (await administrator.getMachine(machineId)).presence.unreachable, { timeout: 30_000 })
      .toEqual([]);
  });

  it('is in an audit that an auditor reads, that holds, and that shows what is changed in the database', async () => {
    const { token } = await system.as('Auditor');
    // As the front end of Azure writes it.
    const headers = { authorization: `Bearer ${token}`, 'x-forwarded-for': '203.0.113.7:50123' };
    const audit = (path: string) =>
      fetch(`${system.baseUrl}/api/machines/${machineId}/audit${path}`, { headers });
    const verify = async () => auditVerifyReply.parse(await (await audit('/verify')).json());
    expect((await fetch(`${system.baseUrl}/api/machines/${machineId}`, { headers })).status).toBe(404);
    const lines = (await (await audit('/export')).text()).trim().split('\n');
    const records = lines.map((line) => JSON.parse(line) as AuditRecord);
    expect(records.map(({ action }) => action)).toEqual(
      expect.arrayContaining([
        'machine add',
        'install begin',
        'agent enrol',
        'certificate served',
        'install end',
        'session open',
        'request getMachine',
        'audit export',
      ]),
    );
    expect(records.at(-1)).toMatchObject({ action: 'audit export', from: '203.0.113.7' });
    expect(await verify()).toMatchObject({ intact: true });
    const third = `audit:${auditKeyOf(3)}`;
    await patchItem(system, machineId, third, '/actor/name', 'somebody else');
    expect(await verify()).toMatchObject({ intact: false, broken: { sequence: 3, why: 'changed' } });
    await patchItem(system, machineId, third, '/actor/name', records[2]?.actor.name ?? '');
    expect(await verify()).toMatchObject({ intact: true });
  });
});

/** Puts the due moment of the certificate into the past, as time would. */
const makeDue = (system: SystemUnderTest, machineId: string): Promise<void> =>
  patchItem(system, machineId, 'certificate', '/dueAt', new Date(Date.now() - 60_000).toISOString());

/** Writes past the app, as whoever has the key of the database can. */
async function patchItem(
  system: SystemUnderTest,
  machineId: string,
  id: string,
  path: string,
  value: string,
): Promise<void> {
  const { endpoint, key, database } = system.connection.cosmos;
  const client = new CosmosClient({ endpoint, key, connectionPolicy: { enableEndpointDiscovery: false } });
  const item = client.database(database).container(cosmosNames.machines).item(id, machineId);
  await item.patch([{ op: 'set', path, value }]);
  client.dispose();
}

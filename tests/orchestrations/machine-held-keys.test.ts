import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { InstallExtensionInput } from '#orchestrations/install-extension/orchestrator.ts';
import { agentReportedEvent } from '#orchestrations/names.ts';
import type { RenewCertificateInput } from '#orchestrations/renew-certificate/orchestrator.ts';
import { type DurableApp, openDurableApp } from '../support/durable-app.ts';
import { subscriptionId } from '../support/memory-ports.ts';
import { machineId, reportServing, resourceId } from '../support/sample-machine.ts';

const install: InstallExtensionInput = {
  machineId,
  resourceId,
  subscriptionId,
  port: 6516,
  custody: 'machine',
  newName: false,
};
let app: DurableApp;
let requests: number;

const record = async () => (await app.store.read(machineId, 'certificate'))?.document;
const machine = async () => (await app.store.read(machineId, 'machine'))?.document;

/** The agent: answers what is wanted of it with a request signed by a key that nobody else has. */
async function answerRequest(): Promise<void> {
  const wanted = (await record())?.wantedRequest;
  if (wanted === undefined || (await app.store.read(machineId, 'certificate-request', wanted))) return;
  requests += 1;
  const request = Buffer.from(`request of the machine's key ${requests}`).toString('base64');
  await app.store.commit(machineId, [
    { create: { type: 'certificate-request', machineId, key: wanted, request } },
  ]);
  const operation = (await machine())?.currentOperation?.id ?? '';
  await app.host.raiseEvent(operation, agentReportedEvent, {});
}

beforeEach(async () => {
  app = await openDurableApp();
  requests = 0;
  app.faults.before('store.read', async () => {
    if (app.activities.at(-1) === 'hasRequest' && app.extension.deployments.length > 0) await answerRequest();
  });
  app.faults.before('extension.read', () => reportServing(app));
});
afterEach(() => app.close());

async function renewal(custody: 'vault' | 'machine'): Promise<RenewCertificateInput> {
  return { machineId, resourceId, machineName: (await machine())?.machineName ?? '', custody };
}

describe('a key that the machine holds', () => {
  it('is never made in the vault: the chain is kept there alone, tagged like a certificate', async () => {
    expect((await app.run('install', install)).status).toBe('succeeded');
    const { leaf } = (await record()) ?? {};
    expect(leaf).toMatchObject({ custody: 'machine', servedAt: expect.any(String) });
    expect(app.vault.keysMade()).toBe(0);
    const name = `machine-${(await machine())?.machineName}`;
    expect(await app.vault.findCertificate(name)).toBeUndefined();
    expect(await app.vault.findKeptChain(name, leaf?.version)).toContain('request');
  });

  it('needs the agent before there can be a certificate: the extension comes first', async () => {
    await app.run('install', install);
    const order = app.activities.filter((name) =>
      ['deployExtension', 'hasRequest', 'placeOrder'].includes(name),
    );
    expect(order[0]).toBe('deployExtension');
    expect(order.indexOf('placeOrder')).toBeGreaterThan(order.indexOf('hasRequest'));
  });

  it('is another one for each certificate', async () => {
    await app.run('install', install);
    expect((await app.run('renew', await renewal('machine'))).status).toBe('succeeded');
    expect(requests).toBe(2);
    const [, renewed] = app.authority.orders;
    expect(renewed?.replaces).toBe('authority-test-01');
  });

  it('is asked for by an event that carries an id and nothing else', async () => {
    await app.run('install', install);
    const asked = app.bus.toAgents.filter(({ event }) => event.type === 'admin-center.certificate.requested');
    expect(asked).toHaveLength(1);
    expect(Object.keys(asked[0]?.event.data ?? {})).toEqual(['id']);
  });

  it('of a machine that makes no request fails the install after 20 minutes, by name', async () => {
    app.faults.before('store.read', () => {});
    expect(await app.run('install', install)).toMatchObject({
      status: 'failed',
      error: { code: 'certificate_request_missing', hop: 'agent' },
    });
    expect(app.authority.orders).toHaveLength(0);
    expect((await record())?.state).toBe('withdrawn');
  });
});

describe('changing who holds the key', () => {
  it.each([
    ['vault', 'machine'],
    ['machine', 'vault'],
  ] as const)('from %s to %s is a renewal', async (from, to) => {
    await app.run('install', { ...install, custody: from });
    const before = await record();
    expect((await app.run('renew', await renewal(to))).status).toBe('succeeded');
    const after = await record();
    expect(after).toMatchObject({ state: 'served', custody: to, leaf: { custody: to } });
    expect(after?.leaf?.thumbprint).not.toBe(before?.leaf?.thumbprint);
    expect((await machine())?.custody).toBe(to);
  });
});

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { InstallExtensionInput } from '#orchestrations/install-extension/orchestrator.ts';
import { AppError } from '#shared/domain/error.ts';
import { type DirectReach, reverse } from '#shared/domain/reach.ts';
import { install, installed, liveAgents, machineOf } from '../support/crash/stage.ts';
import { type DurableApp, openDurableApp } from '../support/durable-app.ts';
import { machineId, resourceId } from '../support/sample-machine.ts';

const reach: DirectReach = {
  mode: 'direct',
  address: '203.0.113.7',
  isPublic: true,
  listenOn: '10.0.0.4',
};
const direct: InstallExtensionInput = { ...install, reach, sources: ['198.51.100.0/24'] };
const group = 'group-of-the-interface';
const refused = new AppError('resource_manager_refused', 'no');
let app: DurableApp;

beforeEach(async () => {
  app = await openDurableApp();
  const place = { address: reach.address, isPublic: true, listenOn: reach.listenOn, interfaceGroup: group };
  app.network.addresses.set(resourceId.toLowerCase(), [place]);
  app.network.groups.set(group, []);
});
afterEach(() => app.close());

const rules = () => (app.network.groups.get(group) ?? []).map(({ name, sources }) => ({ name, sources }));
const published = () => [...new Set([...app.dns.names.values()].map((one) => JSON.stringify(one)))];
const ours = [{ name: 'PortForWAC', sources: ['198.51.100.0/24'] }];

describe('an install in direct mode', () => {
  beforeEach(() => liveAgents(app));

  it('C11: publishes the chosen address, and nothing else of the machine', async () => {
    expect(await app.run('install', direct)).toMatchObject({ status: 'succeeded' });
    expect(published()).toHaveLength(1);
    expect(published()[0]).toContain('203.0.113.7');
    expect(published()[0]).not.toContain('10.0.0.4');
    expect(app.relay.connections.size).toBe(0);
  });

  it('requirement 131: opens the port with the rule PortForWAC', async () => {
    await app.run('install', direct);
    expect(rules()).toEqual(ours);
    expect(await machineOf(app)).toMatchObject({ reach, portRule: { isOurs: true, port: 6516 } });
  });

  it('requirement 133: opens nothing unless it is asked to', async () => {
    await app.run('install', { ...install, reach });
    expect(rules()).toEqual([]);
    expect(await machineOf(app)).not.toHaveProperty('portRule');
  });

  it('that fails closes what it opened', async () => {
    app.faults.fail('bus.sendToAgent', refused);
    const operation = await app.run('install', direct);
    expect(operation.compensation?.undone).toContain('the rule PortForWAC');
    expect(rules()).toEqual([]);
  });

  it('that finds a rule of others takes it as it is, and leaves it when it fails', async () => {
    await app.run('install', direct);
    const [rule] = app.network.groups.get(group) ?? [];
    if (!rule) throw new Error('no rule');
    await app.run('uninstall', { machineId, resourceId });
    app.network.groups.set(group, [{ ...rule, description: 'of the network team', protocol: '*' }]);
    app.faults.fail('extension.beginInstall', refused);
    const operation = await app.run('install', direct);
    expect(operation.compensation?.left.map(({ what }) => what)).toContainEqual(
      `the rule ${group}/securityRules/PortForWAC`,
    );
    expect(rules()).toEqual(ours);
  });

  it('keeps the rule to the new port when the port changes, and is closed by an uninstall', async () => {
    await app.run('install', direct);
    await app.run('install', { ...install, port: 443 });
    expect(await machineOf(app)).toMatchObject({ portRule: { port: 443, sources: ['198.51.100.0/24'] } });
    expect(app.network.groups.get(group)?.[0]?.destinationPorts).toEqual(['443']);
    await app.run('uninstall', { machineId, resourceId });
    expect(rules()).toEqual([]);
    expect(await machineOf(app)).not.toHaveProperty('reach');
  });
});

describe('a change of how browsers get there', () => {
  beforeEach(() => installed(app));

  it('comes with a new name; the old one goes on through the proxy', async () => {
    const before = await machineOf(app);
    expect(await app.run('install', { ...direct, newName: true })).toMatchObject({ status: 'succeeded' });
    const after = await machineOf(app);
    expect(after).toMatchObject({ reach, retiredNames: [{ machineName: before?.machineName }] });
    expect(after).not.toHaveProperty('nextReach');
    expect([...app.relay.connections]).toEqual([before?.machineName]);
  });

  it('that fails leaves the machine as it was, with the port closed', async () => {
    const before = await machineOf(app);
    app.faults.fail('extension.beginInstall', refused);
    app.faults.fail('authority.createOrder', new AppError('certificate_order_refused', 'no'));
    expect(await app.run('install', { ...direct, newName: true })).toMatchObject({ status: 'failed' });
    expect(await machineOf(app)).toEqual(before);
    expect(rules()).toEqual([]);
    expect(app.dns.names.size).toBe(2);
  });

  it('back to the proxy closes the port', async () => {
    await app.run('install', { ...direct, newName: true });
    await app.run('install', { ...install, reach: reverse, newName: true });
    expect(await machineOf(app)).toMatchObject({ reach: reverse });
    expect(rules()).toEqual([]);
  });
});

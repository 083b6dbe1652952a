import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { InstallExtensionInput } from '#orchestrations/install-extension/orchestrator.ts';
import { AppError } from '#shared/domain/error.ts';
import { judgePort } from '#shared/domain/port-verdict.ts';
import { type DirectReach, reverse } from '#shared/domain/reach.ts';
import { install, liveAgents, machineOf } from '../support/crash/stage.ts';
import { type DurableApp, openDurableApp } from '../support/durable-app.ts';
import { resourceId } from '../support/sample-machine.ts';
import { defaultRules, rule } from '../support/security-rules.ts';

/** Two interfaces, each with a group of its own. */
const places = { one: ['203.0.113.1', '10.0.0.1'], two: ['203.0.113.2', '10.0.0.2'] } as const;
type Place = keyof typeof places;

const reachOf = (place: Place): DirectReach => {
  const [address, listenOn] = places[place];
  return { mode: 'direct', address, isPublic: true, listenOn };
};
const sources = ['198.51.100.0/24'];
const to = (place: Place): InstallExtensionInput => ({
  ...install,
  reach: reachOf(place),
  sources,
  newName: true,
});
let app: DurableApp;

const setPlaces = (...listed: Place[]) =>
  app.network.addresses.set(
    resourceId.toLowerCase(),
    listed.map((place) => ({
      address: places[place][0],
      isPublic: true,
      listenOn: places[place][1],
      interfaceGroup: place,
    })),
  );
const made = (place: Place) =>
  (app.network.groups.get(place) ?? []).filter(({ priority }) => priority < 65_000).map(({ name }) => name);

beforeEach(async () => {
  app = await openDurableApp();
  setPlaces('one', 'two');
  for (const place of ['one', 'two'] as const) app.network.groups.set(place, [...defaultRules]);
  liveAgents(app);
  await app.run('install', { ...to('one'), newName: false });
});
afterEach(() => app.close());

describe('the rule of a machine in direct mode', () => {
  it('goes with its address to the group of another interface, and leaves nothing open behind it', async () => {
    expect(made('one')).toEqual(['PortForWAC']);
    expect(await app.run('install', to('two'))).toMatchObject({ status: 'succeeded' });
    expect([made('one'), made('two')]).toEqual([[], ['PortForWAC']]);
    expect((await machineOf(app))?.portRule).toMatchObject({
      ruleId: 'two/securityRules/PortForWAC',
      isOurs: true,
    });
  });

  it('stays where it was when the change fails', async () => {
    app.faults.fail('authority.createOrder', new AppError('certificate_order_refused', 'no'));
    expect(await app.run('install', to('two'))).toMatchObject({ status: 'failed' });
    expect([made('one'), made('two')]).toEqual([['PortForWAC'], []]);
    expect((await machineOf(app))?.portRule).toMatchObject({
      ruleId: 'one/securityRules/PortForWAC',
      isOurs: true,
      port: 6516,
      sources,
    });
  });

  it('goes when the other group has a rule of somebody else that does', async () => {
    app.network.groups.set('two', [rule({ name: 'theirs' }), ...defaultRules]);
    await app.run('install', to('two'));
    expect([made('one'), made('two')]).toEqual([[], ['theirs']]);
    expect((await machineOf(app))?.portRule).toMatchObject({
      ruleId: 'two/securityRules/theirs',
      isOurs: false,
    });
  });

  it('goes when its interface was taken off the machine', async () => {
    setPlaces('two');
    await app.run('install', { ...install, reach: reverse, newName: true });
    expect(made('one')).toEqual([]);
    expect(await machineOf(app)).not.toHaveProperty('portRule');
  });

  it('requirement 137: lets in neither Remote Desktop nor PowerShell: managing needs neither', () => {
    const group = { rules: app.network.groups.get('one') ?? [] };
    const verdict = (port: number) =>
      judgePort([group], { direction: 'Inbound', own: places.one[1], peer: '198.51.100.9', port });
    expect([3389, 5985, 5986, 22].map(verdict)).toEqual(['closed', 'closed', 'closed', 'closed']);
    expect(verdict(6516)).toBe('open');
  });
});

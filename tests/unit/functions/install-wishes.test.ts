import { beforeEach, describe, expect, it } from 'vitest';
import { wishesOf } from '#functions/install-wishes.ts';
import { createManualClock } from '#local/kit/clock.ts';
import type { MachineDocument } from '#shared/domain/documents.ts';
import { AppError } from '#shared/domain/error.ts';
import { installRequest } from '#shared/protocol/install-api.ts';
import { createMemoryPorts, type MemoryPorts, subscriptionId } from '../../support/memory-ports.ts';
import { machine as arcMachine } from '../../support/sample-machine.ts';

const resourceId = `/subscriptions/${subscriptionId}/resourceGroups/rg-local/providers/Microsoft.Compute/virtualMachines/vm-01`;
const machine: MachineDocument = { ...arcMachine, resourceId, kind: 'azure-vm', displayName: 'vm-01' };
const caller = { id: '00000000-0000-4000-8000-0000000000c3', name: 'installer@example.test' };
const installed = { state: 'installed', port: 7000, installedAt: '2026-10-01T12:00:00.000Z' } as const;
const onPublic = { mode: 'direct', address: '203.0.113.7', isPublic: true, listenOn: '10.0.0.4' } as const;

let memory: MemoryPorts;
beforeEach(() => {
  memory = createMemoryPorts(createManualClock(Date.parse('2026-10-01T12:00:00Z')));
  memory.network.addresses.set(resourceId.toLowerCase(), [
    { address: '10.0.0.4', isPublic: false, listenOn: '10.0.0.4' },
    { address: '203.0.113.7', isPublic: true, listenOn: '10.0.0.4' },
    { address: '2001:db8::7', isPublic: true, listenOn: 'fd00::4' },
  ]);
});

const wishes = (body: object, changes: Partial<MachineDocument> = {}) =>
  wishesOf(memory.ports, { ...machine, ...changes }, installRequest.parse(body), caller);

describe('the proxy of an install', () => {
  const proxy = 'http://proxy.example:8080';

  it('is what was asked for where nothing is installed, or a version that takes it', async () => {
    expect(await wishes({ proxy })).toMatchObject({ proxy });
    memory.extension.states.set(resourceId, { state: 'succeeded', version: '0.0.0.322' });
    expect(await wishes({ proxy })).toMatchObject({ proxy });
    expect(await wishes({ proxy: null })).toMatchObject({ proxy: null });
    expect(await wishes({})).not.toHaveProperty('proxy');
  });

  it('is refused by name for a version that does not take it', async () => {
    memory.extension.states.set(resourceId, { state: 'succeeded', version: '0.0.0.321' });
    await expect(wishes({ proxy })).rejects.toMatchObject({
      code: 'invalid_request',
      facts: { errors: [{ field: 'proxy', message: expect.stringContaining('0.0.0.321') }] },
    });
    expect(await wishes({ proxy: null })).toMatchObject({ proxy: null });
  });

  it('is refused where a script brings the agent', async () => {
    const settings = { ...memory.ports.settings, ADMIN_CENTER_EXTENSION_DELIVERY: 'run-command' } as const;
    const body = installRequest.parse({ proxy });
    await expect(wishesOf({ ...memory.ports, settings }, machine, body, caller)).rejects.toMatchObject({
      code: 'invalid_request',
    });
  });

  it.each([
    ['http://user:secret@proxy.example:8080', 'authenticate'],
    ['http://user@proxy.example:8080', 'authenticate'],
    ['socks5://proxy.example:1080', 'http://proxy.example:8080'],
    ['proxy.example:8080', 'http://proxy.example:8080'],
  ])('is not %s', (given, why) => {
    const { error } = installRequest.safeParse({ proxy: given });
    expect(error?.issues[0]?.message).toContain(why);
  });
});

describe('who the service takes a visitor for', () => {
  it('requirement C3: is what was asked for, and stays as it is where nothing is said', async () => {
    expect(await wishes({ signIn: 'local' })).toMatchObject({ signIn: 'local' });
    expect(await wishes({ signIn: 'virtual-account' })).toMatchObject({ signIn: 'virtual-account' });
    expect(await wishes({}, { signIn: 'local' })).not.toHaveProperty('signIn');
    expect(installRequest.safeParse({ signIn: 'nobody' }).success).toBe(false);
  });
});

describe('the port of an install', () => {
  it('is the one that was asked for', async () => {
    memory.extension.states.set(resourceId, { state: 'succeeded', port: 6600 });
    expect(await wishes({ port: 443 }, { extension: installed })).toMatchObject({ port: 443 });
  });

  it('stays as it is where none is asked for', async () => {
    expect(await wishes({}, { extension: installed })).toMatchObject({ port: 7000 });
  });

  it('requirement 53: is that of an extension or a configuration that others made', async () => {
    memory.resources.registered.add(`${machine.subscriptionId} Microsoft.HybridConnectivity`);
    memory.connectivity.endpoints.set(resourceId, { WAC: 6601 });
    expect(await wishes({})).toMatchObject({ port: 6601 });
    memory.extension.states.set(resourceId, { state: 'succeeded', port: 6600 });
    expect(await wishes({})).toMatchObject({ port: 6600 });
    memory.extension.states.set(resourceId, { state: 'deleting', port: 6600 });
    expect(await wishes({})).toMatchObject({ port: 6601 });
  });

  it.each([Number.NaN, 0, 65_536, 1.5])('is not %s, whatever others wrote there', async (port) => {
    memory.extension.states.set(resourceId, { state: 'succeeded', port });
    expect(await wishes({})).toMatchObject({ port: 6516 });
  });

  it('is 6516 where nothing is there, and where the provider is not registered', async () => {
    const error = new AppError('provider_not_registered', 'not registered');
    memory.faults.fail('connectivity.findServiceConfigurations', error);
    expect(await wishes({})).toMatchObject({ port: 6516, custody: 'vault', newName: false });
  });
});

describe('direct mode', () => {
  it('requirement 83: is to the address that was chosen, and listens on the private one behind it', async () => {
    expect(await wishes({ direct: { address: '203.0.113.7' } })).toMatchObject({
      reach: onPublic,
      newName: false,
    });
    const other = await wishes({ direct: { address: '2001:DB8:0:0::7' } });
    expect(other.reach).toEqual({
      mode: 'direct',
      address: '2001:db8::7',
      isPublic: true,
      listenOn: 'fd00::4',
    });
  });

  it('stays as it is where nothing is said, and ends with null', async () => {
    expect(await wishes({}, { extension: installed, reach: onPublic })).not.toHaveProperty('reach');
    expect(await wishes({ direct: null }, { extension: installed, reach: onPublic })).toMatchObject({
      reach: { mode: 'reverse' },
      newName: true,
    });
  });

  it.each([
    ['from the proxy to an address', undefined, { address: '10.0.0.4' }, true],
    ['from an address to another', onPublic, { address: '10.0.0.4' }, true],
    ['to the same address', onPublic, { address: '203.0.113.7' }, false],
    [
      'to the same address behind which another private one is now',
      { ...onPublic, listenOn: '10.0.0.5' },
      { address: '203.0.113.7' },
      true,
    ],
    ['from the proxy to the proxy', undefined, null, false],
  ])('gives an installed machine another name when it changes %s: %#', async (_, reach, direct, newName) => {
    const changes = { extension: installed, ...(reach && { reach }) };
    expect(await wishes({ direct }, changes)).toMatchObject({ newName });
  });

  it('is refused where the machine lacks the address', async () => {
    await expect(wishes({ direct: { address: '203.0.113.8' } })).rejects.toMatchObject({
      code: 'invalid_request',
      facts: { errors: [{ field: 'direct.address' }] },
    });
  });

  it('is for virtual machines of Azure alone', async () => {
    const direct = { address: '10.0.0.4' };
    await expect(
      wishes({ direct }, { kind: 'arc', resourceId: arcMachine.resourceId }),
    ).rejects.toMatchObject({ code: 'direct_mode_unsupported' });
  });

  it('requirement 133: opens the port to nobody unless it is asked for, and to anyone with one word alone', async () => {
    const address = '203.0.113.7';
    expect(await wishes({ direct: { address } })).not.toHaveProperty('sources');
    expect(await wishes({ direct: { address, openToAnyone: true } })).toMatchObject({ sources: 'any' });
  });

  it('requirement 135: opens the port to the sources of the same family, and refuses those of the other alone', async () => {
    const sources = ['198.51.100.0/24', '2001:db8:1::/64', '192.0.2.9'];
    expect(await wishes({ direct: { address: '203.0.113.7', sources } })).toMatchObject({
      sources: ['198.51.100.0/24', '192.0.2.9'],
    });
    await expect(
      wishes({ direct: { address: '203.0.113.7', sources: ['2001:db8:1::/64'] } }),
    ).rejects.toMatchObject({ code: 'invalid_request', facts: { errors: [{ field: 'direct.sources' }] } });
  });
});

describe('a Windows Admin Center that was installed by hand', () => {
  const manualInstallation = { foundAt: '2026-10-01T12:00:00.000Z', found: 'version 2410 on port 6600' };

  it('requirement 54: is lost with consent only, and the refusal says what will be lost', async () => {
    await expect(wishes({}, { manualInstallation })).rejects.toMatchObject({
      code: 'consent_required',
      message: manualInstallation.found,
      facts: { lost: expect.stringContaining('lost') },
    });
    expect(await wishes({ consent: true }, { manualInstallation })).toMatchObject({ consent: caller });
  });

  it('is not asked about again once somebody agreed', async () => {
    const replaceConsent = { at: '2026-10-01T12:00:00.000Z', by: caller };
    expect(await wishes({}, { manualInstallation, replaceConsent })).not.toHaveProperty('consent');
  });
});

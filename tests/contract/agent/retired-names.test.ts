import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type AgentWorld, session, startAgentWorld } from './agent-world.ts';
import { hostOf } from './door-machine.ts';
import { machineName } from './test-authority.ts';

const nextName = 'n'.repeat(26);
const retired = [{ machineName, until: '2030-01-01T00:00:00.000Z' }];
const host = 'local.relay.localhost';

describe('an agent whose machine gets another name', () => {
  let world: AgentWorld;
  let oldLeaf: string;
  beforeAll(async () => {
    world = await startAgentWorld();
    world.startAgent();
    oldLeaf = world.certificate().thumbprint;
    await world.waitForReport({ kind: 'serving', servingThumbprint: oldLeaf });
  });
  afterAll(() => world.close());

  const tunnels = () => world.running.at(-1)?.tunnels;
  const leafAt = (name: string, path = name) => tunnels()?.get(path)?.tunnel.leafAt(hostOf(session, name));
  const files = () => readdir(join(world.dataDirectory, 'certificates'));

  it('serves both names, each with its own certificate and at its own relay path', async () => {
    const from = world.reports.length;
    await world.renewCertificate(nextName);
    const newLeaf = world.certificate().thumbprint;
    await world.changeState({
      machineName: nextName,
      relay: { host, path: nextName },
      retiredNames: retired,
    });
    await world.waitForReport({ kind: 'serving', servingThumbprint: newLeaf, relayConnected: true }, from);
    expect(await leafAt(nextName)).toBe(newLeaf);
    expect(await leafAt(machineName)).toBe(oldLeaf);
    expect(tunnels()?.get(machineName)?.tunnel.isClosed()).toBe(false);
    expect((await files()).toSorted()).toEqual([`${machineName}.pem`, `${nextName}.pem`]);
  });

  it('serves both after a restart, and asks a token for each path', async () => {
    const [running] = world.running;
    running?.stop.abort();
    await running?.ended;
    const from = world.reports.length;
    world.startAgent();
    await world.waitForReport({ kind: 'serving', servingThumbprint: world.certificate().thumbprint }, from);
    expect(await leafAt(machineName)).toBe(oldLeaf);
    await vi.waitFor(() =>
      expect(tunnels()?.get(machineName)?.token).toBe(`SharedAccessSignature sr=${machineName}`),
    );
    expect(tunnels()?.get(nextName)?.token).toBe('SharedAccessSignature sr=relay');
  });

  it('gives up the old name, its link and its files when it is named no more', async () => {
    await world.changeState({ retiredNames: [] });
    await vi.waitFor(() => expect(tunnels()?.get(machineName)?.tunnel.isClosed()).toBe(true), {
      timeout: 10_000,
    });
    await vi.waitFor(async () => expect(await files()).toEqual([`${nextName}.pem`]));
    await expect(leafAt(machineName, nextName)).rejects.toThrow(/alert|disconnected|ECONNRESET/i);
    expect(await leafAt(nextName)).toBe(world.certificate().thumbprint);
  });
});

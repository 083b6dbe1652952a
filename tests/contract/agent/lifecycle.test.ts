import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { HostControl } from '#agent/host-control.ts';
import { machineIdOf } from '#shared/domain/machine-name.ts';
import { createCapturedHost } from '../../support/captured-host.ts';
import { type AgentWorld, session, startAgentWorld } from './agent-world.ts';
import { hostOf } from './door-machine.ts';

const policy = '{"incomingconnections.ports":"6516"}';
const uninstalled = 'admin-center.machine.uninstalled';
const patience = { timeout: 15_000 };

describe('an agent and its installs', () => {
  let world: AgentWorld;
  beforeEach(async () => {
    world = await startAgentWorld();
    await writeFile(join(world.dataDirectory, 'local-policy.json'), policy);
  });
  afterEach(() => world.close());

  const files = async () => (await readdir(world.dataDirectory)).toSorted();
  const keyOf = () => world.controlPlane().enrolled()?.signingKey.x;
  const served = (from = 0) =>
    world.waitForReport({ kind: 'serving', servingThumbprint: world.certificate().thumbprint }, from);

  async function stop(): Promise<void> {
    const agent = world.running.at(-1);
    agent?.stop.abort();
    await agent?.ended;
  }

  it('requirement 60: lets nobody in after its uninstall, removes its keys, stays quiet, and enrols anew with another install', async () => {
    const { tunnel } = world.startAgent();
    await served();
    const key = keyOf();
    await world.sendEvent(uninstalled, {}, new Date(Date.now() + 1_000));
    await vi.waitFor(
      async () => expect(await files()).toEqual(['local-policy.json', 'report-sequence']),
      patience,
    );
    world.controlPlane().expect('the token of the next install');
    world.controlPlane().forget();
    expect(tunnel.isClosed()).toBe(true);
    await expect(tunnel.leafAt(hostOf(session))).rejects.toThrow('service_not_configured');
    const calls = world.controlPlane().calls.length;
    await world.sendEvent('admin-center.state.changed', {});
    await stop();
    expect(world.controlPlane().calls).toHaveLength(calls);

    // The same settings again: refused, and not tried again at once.
    world.startAgent();
    await vi.waitFor(() => expect(world.lines.join('')).toContain('enrolment_refused'), patience);
    expect(world.controlPlane().calls.slice(calls)).toEqual(['POST /api/agent/enrolment']);
    await stop();

    world.startAgent({ settings: { token: 'the token of the next install' } });
    await vi.waitFor(() => expect(keyOf()).toBeDefined(), patience);
    expect(keyOf()).not.toBe(key);
    expect(await readFile(join(world.dataDirectory, 'local-policy.json'), 'utf8')).toBe(policy);
  });

  it('is not touched by an uninstall that was before it enrolled', async () => {
    world.startAgent();
    await served();
    await world.sendEvent(uninstalled, {}, new Date(Date.now() - 60_000));
    await vi.waitFor(() => expect(world.lines.join('')).toContain('older than this install'), patience);
    expect(await world.running[0]?.tunnel.leafAt(hostOf(session))).toBe(world.certificate().thumbprint);
  });

  it('enrols again with the keys that it has when the token is another one', async () => {
    world.startAgent();
    await served();
    await stop();
    const key = keyOf();
    const token = 'a token of the repaired install';
    world.controlPlane().expect(token);
    const from = world.reports.length;
    world.startAgent({ settings: { token } });
    await served(from);
    expect(keyOf()).toBe(key);
    expect(world.controlPlane().calls.filter((call) => call.endsWith('/enrolment'))).toHaveLength(2);
  });

  it('makes new keys for a new install where the old ones are damaged', async () => {
    world.startAgent();
    await served();
    await stop();
    const key = keyOf();
    await writeFile(join(world.dataDirectory, 'identity.json'), '{"signing":');
    world.startAgent();
    await expect(world.running.at(-1)?.ended).rejects.toThrow('identity.json');
    world.startAgent({ settings: { salt: 'of the next install' } });
    await vi.waitFor(() => expect(keyOf()).not.toBe(key), patience);
  });

  it('puts the data of another machine aside, owns nothing of it, and keeps the owner’s policy', async () => {
    world.startAgent();
    await served();
    await stop();
    const key = keyOf();
    const resourceId =
      '/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/rg-other/providers/Microsoft.HybridCompute/machines/test-1';
    world.startAgent({ settings: { resourceId } });
    await vi.waitFor(() => expect(world.controlPlane().enrolled()?.resourceId).toBe(resourceId), patience);
    expect(keyOf()).not.toBe(key);
    const former = (await readdir(join(world.dataDirectory, 'former'))).toSorted();
    expect(former).toEqual(
      ['desired-state.json', 'door.json', 'enrolment.json', 'report-sequence', 'session-counts.json'].filter(
        (name) => former.includes(name),
      ),
    );
    expect(former).toContain('enrolment.json');
    await vi.waitFor(async () => expect(await files()).toContain('enrolment.json'), patience);
    const { machineId } = JSON.parse(await readFile(join(world.dataDirectory, 'enrolment.json'), 'utf8')) as {
      machineId: string;
    };
    expect(machineId).toBe(machineIdOf(resourceId));
    expect(await files()).toContain('local-policy.json');
  });

  it('stands down when it is known no more and may not enrol, and does not ask again at once', async () => {
    const { tunnel } = world.startAgent();
    await served();
    world.controlPlane().expect('a token of somebody else');
    world.controlPlane().forget();
    const calls = world.controlPlane().calls.length;
    await world.sendEvent('admin-center.state.changed', {});
    await vi.waitFor(() => expect(world.lines.join('')).toContain('agent.stood_down'), patience);
    await expect(tunnel.leafAt(hostOf(session))).rejects.toThrow('service_not_configured');
    expect(tunnel.isClosed()).toBe(true);
    const asked = world.controlPlane().calls.slice(calls);
    // Twice where it was about to read its state just then.
    expect(asked.filter((call) => call.endsWith('/enrolment')).length).toBeLessThanOrEqual(2);
    expect(world.lines.findLast((line) => line.includes('agent.state_unapplied'))).toMatch(
      /"waitMs":[3-9]\d{5}/,
    );
  });

  it('requirement 54: forwards nothing to a Windows Admin Center that was installed by hand before somebody agreed, then takes it over once', async () => {
    const taken: number[] = [];
    let isBroken = true;
    const control: HostControl = {
      async takeOver(port) {
        taken.push(port);
        return isBroken ? { failure: 'the service did not stop' } : { done: `SmePort is ${port}` };
      },
    };
    const host = createCapturedHost({ handlers: [] });
    const { tunnel } = world.startAgent({ host, control });
    await served();
    await expect(tunnel.leafAt(hostOf(session))).rejects.toThrow('409 consent_required');
    const found = 'a Windows Admin Center that no extension installed: to install one replaces it';
    await world.waitForReport({
      checks: expect.arrayContaining([
        expect.objectContaining({ id: 'manual-install', ok: false, found }),
      ]) as never,
    });
    expect(taken).toEqual([]);

    await world.changeState({ replaceManual: true });
    await world.waitForReport({
      kind: 'failed',
      detail: 'the Windows Admin Center on the machine was not taken over: the service did not stop',
    });
    await expect(tunnel.leafAt(hostOf(session))).rejects.toThrow('409 consent_required');
    isBroken = false;
    await world.changeState({});
    await vi.waitFor(() => expect(tunnel.leafAt(hostOf(session))).resolves.toBeDefined(), patience);
    await stop();
    const tries = taken.length;

    // The consent was for once, and what was taken over stays ours.
    const from = world.reports.length;
    world.startAgent({ host, control });
    await world.waitForReport(
      {
        checks: expect.arrayContaining([
          expect.objectContaining({
            id: 'manual-install',
            ok: true,
            found: expect.stringMatching(/was taken over at .*: SmePort is 6516/),
          }),
        ]) as never,
      },
      from,
    );
    expect(taken).toHaveLength(tries);
    expect(new Set(taken)).toEqual(new Set([6516]));
  });
});

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type AgentWorld, session, startAgentWorld } from './agent-world.ts';
import { hostOf } from './door-machine.ts';

describe('an agent whose services go away', () => {
  let world: AgentWorld;
  beforeEach(async () => {
    world = await startAgentWorld();
  });
  afterEach(() => world.close());

  const logged = (event: string) => world.lines.filter((line) => line.includes(`"${event}"`)).length;
  const waitForLog = (event: string, times: number) =>
    vi.waitFor(() => expect(logged(event)).toBeGreaterThanOrEqual(times), { timeout: 20_000 });

  it('subscribes and reports again when the bus comes back, and takes what happened meanwhile', async () => {
    const { tunnel } = world.startAgent();
    await world.waitForReport({ kind: 'serving' });
    await waitForLog('agent.subscribed', 1);
    const from = world.reports.length;
    await world.stopBus();
    await waitForLog('agent.subscription_lost', 1);
    tunnel.setConnected(false);
    await world.renewCertificate();
    await world.startBus();
    await world.waitForReport({ relayConnected: false }, from);
    // No event told it: it reads its state when it has subscribed again.
    await world.waitForReport({ kind: 'serving', servingThumbprint: world.certificate().thumbprint }, from);
    expect(await tunnel.leafAt(hostOf(session))).toBe(world.certificate().thumbprint);
  });

  it('starts while the control plane is away, and enrols when it comes', async () => {
    await world.restartControlPlane(async () => {
      world.startAgent();
      await waitForLog('agent.enrolment_failed', 2);
    });
    await world.waitForReport({ kind: 'serving', servingThumbprint: world.certificate().thumbprint });
    expect(logged('agent.enrolled')).toBe(1);
  });

  it('goes on serving while the control plane is away', async () => {
    const { tunnel } = world.startAgent();
    await world.waitForReport({ kind: 'serving' });
    await world.restartControlPlane(async () => {
      await world.sendEvent('admin-center.state.changed', {});
      await waitForLog('agent.state_unapplied', 1);
      expect(await tunnel.leafAt(hostOf(session))).toBe(world.certificate().thumbprint);
    });
    const applied = logged('agent.state_applied');
    await waitForLog('agent.state_applied', applied + 1);
  });
});

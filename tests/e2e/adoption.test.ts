import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { openSessionUrl } from '#local/main-job/open-session-url.ts';
import { createSdkCredential } from '#local/run/credential.ts';
import { machineIdOf } from '#shared/domain/machine-name.ts';
import { orphansReply } from '#shared/protocol/install-api.ts';
import { machineAt, type SystemUnderTest, startSystem } from '../support/system.ts';

describe('an extension that somebody puts on a machine with Azure’s own tools', () => {
  let system: SystemUnderTest;
  beforeAll(async () => {
    system = await startSystem();
  });
  afterAll(() => system?.stop());

  /** To Azure Resource Manager, as whoever has the right to; what it does takes its time. */
  async function arm(method: 'PUT' | 'DELETE', path: string, properties?: object): Promise<number> {
    const { managedIdentity, resourceManager } = system.connection;
    const credential = createSdkCredential(managedIdentity.endpoint, managedIdentity.headers.deployment);
    const access = await credential.getToken(`${resourceManager.audience}/.default`);
    const response = await fetch(`${resourceManager.endpoint}${path}?api-version=2024-07-10`, {
      method,
      headers: { authorization: `Bearer ${access?.token ?? ''}`, 'content-type': 'application/json' },
      ...(properties && { body: JSON.stringify({ location: 'westeurope', properties }) }),
    });
    return response.status;
  }

  async function runTimer(name: string): Promise<void> {
    const response = await fetch(`${system.baseUrl}/admin/functions/${name}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{}',
    });
    expect(response.status).toBe(202);
  }

  it('requirement 53: makes the machine known and installed, by its agent’s enrolment; nobody else asked', async () => {
    const machine = machineAt(system, 1);
    const machineId = machineIdOf(machine.resourceId);
    const administrator = await system.as('Administrator');
    await expect(administrator.getMachine(machineId)).rejects.toThrow('machine_not_found');
    // What `az connectedmachine extension create` sends, and no more.
    const status = await arm('PUT', `${machine.resourceId}/extensions/AdminCenter`, {
      publisher: 'Microsoft.AdminCenter',
      type: 'AdminCenter',
      autoUpgradeMinorVersion: true,
      settings: { port: String(machine.port), salt: 'unique string used for hashing' },
    });
    expect(status).toBeLessThan(300);
    const deadline = Date.now() + 60_000;
    let state = '';
    while (state !== 'installed' && Date.now() < deadline) {
      await sleep(200);
      state = await administrator.getMachine(machineId).then(
        ({ extension }) => extension.state,
        () => 'unknown',
      );
    }
    expect(state).toBe('installed');
    const { url } = await administrator.connect(machineId);
    expect((await openSessionUrl(url)).status).toBe(200);
  });

  it('requirement 53: is noticed when they take it away again, and not put back', async () => {
    const { resourceId } = machineAt(system, 1);
    const administrator = await system.as('Administrator');
    expect(await arm('DELETE', `${resourceId}/extensions/AdminCenter`)).toBeLessThan(300);
    await vi.waitFor(
      async () => {
        await runTimer('adoptInstalls');
        const { extension, state } = await administrator.getMachine(machineIdOf(resourceId));
        expect(extension.removedSince).toBeDefined();
        expect(state).toBe('uninstalled');
      },
      { timeout: 30_000, interval: 500 },
    );
  });

  it('is reported with all that it left when they delete the machine itself', async () => {
    const { resourceId } = machineAt(system, 1);
    const { token } = await system.as('Administrator');
    expect(await arm('DELETE', resourceId)).toBeLessThan(300);
    await vi.waitFor(
      async () => {
        await runTimer('reapOrphans');
        const response = await fetch(`${system.baseUrl}/api/orphans`, {
          headers: { authorization: `Bearer ${token}` },
        });
        const { value } = orphansReply.parse(await response.json());
        expect(value).toMatchObject([{ resourceId, movedTo: null }]);
        expect(value[0]?.leftovers.length).toBeGreaterThanOrEqual(5);
      },
      { timeout: 30_000, interval: 500 },
    );
  });
});

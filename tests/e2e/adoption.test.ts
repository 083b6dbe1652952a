import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSessionUrl } from '#local/main-job/open-session-url.ts';
import { createSdkCredential } from '#local/run/credential.ts';
import { machineIdOf } from '#shared/domain/machine-name.ts';
import { machineAt, type SystemUnderTest, startSystem } from '../support/system.ts';

describe('an extension that somebody puts on a machine with Azure’s own tools', () => {
  let system: SystemUnderTest;
  beforeAll(async () => {
    system = await startSystem();
  });
  afterAll(() => system?.stop());

  /** What `az connectedmachine extension create` sends, and no more. */
  async function putExtension(resourceId: string, settings: object): Promise<number> {
    const { managedIdentity, resourceManager } = system.connection;
    const credential = createSdkCredential(managedIdentity.endpoint, managedIdentity.headers.deployment);
    const access = await credential.getToken(`${resourceManager.audience}/.default`);
    const url = `${resourceManager.endpoint}${resourceId}/extensions/AdminCenter?api-version=2024-07-10`;
    const properties = {
      publisher: 'Microsoft.AdminCenter',
      type: 'AdminCenter',
      autoUpgradeMinorVersion: true,
      settings,
    };
    const response = await fetch(url, {
      method: 'PUT',
      headers: { authorization: `Bearer ${access?.token ?? ''}`, 'content-type': 'application/json' },
      body: JSON.stringify({ location: 'westeurope', properties }),
    });
    return response.status;
  }

  it('requirement 53: makes the machine known and installed, by its agent’s enrolment; nobody else asked', async () => {
    const machine = machineAt(system, 1);
    const machineId = machineIdOf(machine.resourceId);
    const administrator = await system.as('Administrator');
    await expect(administrator.getMachine(machineId)).rejects.toThrow('machine_not_found');
    const settings = { port: String(machine.port), salt: 'unique string used for hashing' };
    expect(await putExtension(machine.resourceId, settings)).toBeLessThan(300);
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
});

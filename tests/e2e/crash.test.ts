import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApiClient } from '#local/main-job/api-client.ts';
import { openSessionUrl } from '#local/main-job/open-session-url.ts';
import type { OperationReply } from '#shared/protocol/api.ts';
import { machineAt, type SystemUnderTest, startSystem } from '../support/system.ts';
import { createZoneAndVault } from '../support/zone-and-vault.ts';

const isForeignHost = process.env['ADMIN_CENTER_BASE_URL'] !== undefined;

/** What the operation says when the host is killed: one point in each step, and three in the third. */
const points = [
  'Registering Microsoft.HybridConnectivity',
  'Creating the endpoint',
  'Choosing the name',
  'Issuing the certificate',
  'Waiting until the machine serves',
];

describe('kill -9 of the Functions host during an install', () => {
  let system: SystemUnderTest;
  let administrator: ApiClient & { token: string };
  let machineId: string;

  beforeAll(async () => {
    system = await startSystem();
    administrator = await system.as('Administrator');
    ({ id: machineId } = await administrator.addMachine(machineAt(system, 0).resourceId));
  });
  afterAll(() => system?.stop());

  /** Asks again through a restart: what a browser or a script does. */
  async function followThrough(operation: OperationReply): Promise<OperationReply> {
    for (;;) {
      try {
        return await administrator.follow(operation, () => {});
      } catch (error) {
        if (!(error instanceof TypeError)) throw error;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }
  }

  /** Watches an operation until a step says this; a faster end is caught by the assertion after it. */
  async function untilItSays(operation: OperationReply, text: string): Promise<void> {
    let seen = operation;
    const says = ({ steps }: OperationReply) => steps.some(({ detail }) => detail?.startsWith(text));
    while (seen.status === 'running' && !says(seen)) seen = await administrator.getOperation(operation.id);
    expect(says(seen), `the operation never said "${text}"`).toBe(true);
  }

  async function uninstall(): Promise<void> {
    const response = await fetch(`${system.baseUrl}/api/machines/${machineId}/extension`, {
      method: 'DELETE',
      headers: { authorization: `Bearer ${administrator.token}` },
    });
    const ended = await followThrough((await response.json()) as OperationReply);
    expect(ended.error).toBeUndefined();
  }

  // A host that somebody else started is not ours to kill.
  it.skipIf(isForeignHost).each(points)('at "%s" ends in the same state as without it', async (point) => {
    const { restartHost } = system;
    if (!restartHost) throw new Error('there is no host to kill');
    const { versionsOf, texts } = createZoneAndVault(system.connection);
    const { port } = machineAt(system, 0);
    const operation = await administrator.install(machineId, port);
    await untilItSays(operation, point);
    await restartHost('SIGKILL');

    const ended = await followThrough(operation);
    expect(ended.error).toBeUndefined();
    expect(ended.status).toBe('succeeded');
    const machine = await administrator.getMachine(machineId);
    expect(machine.operation).toBeNull();
    expect(machine.certificate?.state).toBe('served');
    expect(await versionsOf(machine.machineName ?? '')).toBe(1);
    expect(await texts()).toEqual([]);
    expect((await openSessionUrl((await administrator.connect(machineId)).url)).status).toBe(200);
    await uninstall();
  });
});

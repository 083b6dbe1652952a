import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApiClient } from '#local/main-job/api-client.ts';
import { openSessionUrl } from '#local/main-job/open-session-url.ts';
import type { OperationReply } from '#shared/protocol/api.ts';
import { type CertificateClient, createCertificateClient } from '../support/certificate-client.ts';
import { installOn } from '../support/install.ts';
import { createManagementClient } from '../support/management.ts';
import { machineAt, type SystemUnderTest, startOwn } from '../support/system.ts';
import { createZoneAndVault } from '../support/zone-and-vault.ts';

/**
 * The call that is on its way when the host is killed: whether it is done, the next host cannot know. The stand-in
 * keeps it back for a moment, and does it.
 */
const points = [
  { point: 'order', standIn: 'certificate-authority', operation: 'newOrder' },
  { point: 'challenge', standIn: 'certificate-authority', operation: 'challenge' },
  { point: 'finalize', standIn: 'certificate-authority', operation: 'finalize' },
  { point: 'merge', standIn: 'key-vault', operation: 'MergeCertificate' },
  { point: 'deliver', standIn: undefined, operation: 'Waiting until the machine serves it' },
] as const;
const heldBackMs = 400;

describe('kill -9 of the Functions host during a renewal', () => {
  let system: SystemUnderTest;
  let administrator: ApiClient & { token: string };
  let machineId: string;
  let certificate: CertificateClient;

  beforeAll(async () => {
    system = await startOwn();
    administrator = await system.as('Administrator');
    ({ machineId } = await installOn(administrator, machineAt(system, 0)));
    certificate = createCertificateClient(system.baseUrl, machineId, async () => administrator.token);
  });
  afterAll(() => system?.stop());

  /** Asks again through a restart: what a browser or a script does. */
  async function followThrough(operation: OperationReply): Promise<OperationReply> {
    for (;;) {
      try {
        return await administrator.follow(operation, () => {});
      } catch (error) {
        if (!(error instanceof TypeError)) throw error;
        await sleep(100);
      }
    }
  }

  it.each(points)('at the $point ends in the same state as without it', async ({ standIn, operation }) => {
    const { restartHost, connection } = system;
    if (!restartHost) throw new Error('there is no host to kill');
    const management = createManagementClient(connection);
    const { versionsOf, texts } = createZoneAndVault(connection);
    const before = await certificate.read();
    const { machineName } = await administrator.getMachine(machineId);
    const versions = await versionsOf(machineName ?? '');

    const callsBefore = standIn ? await management.calls(standIn, operation) : 0;
    if (standIn) await management.setFault(standIn, operation, { delayMs: heldBackMs, count: 1 });
    const begun = await certificate.renew();
    let seen = begun;
    const isThere = async () => {
      if (standIn) return (await management.calls(standIn, operation)) > callsBefore;
      seen = await certificate.operation(begun.id);
      return seen.steps.some(({ detail }) => detail === operation);
    };
    while (seen.status === 'running' && !(await isThere())) await sleep(5);
    await restartHost('SIGKILL');

    const ended = await followThrough(begun);
    expect(ended.error).toBeUndefined();
    expect(ended.status).toBe('succeeded');
    const after = await certificate.read();
    expect(after).toMatchObject({ state: 'served', previous: null, plan: null, failure: null });
    expect(after.leaf?.thumbprint).not.toBe(before.leaf?.thumbprint);
    expect(await versionsOf(machineName ?? '')).toBe(versions + 1);
    expect(await texts()).toEqual([]);
    expect((await administrator.getMachine(machineId)).operation).toBeNull();
    const page = await openSessionUrl((await administrator.connect(machineId)).url);
    expect(page).toMatchObject({ status: 200, thumbprint: after.leaf?.thumbprint });
  });
});

import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApiClient } from '#local/main-job/api-client.ts';
import * as sample from '#local/samples/sample-data.ts';
import type { AccessReply } from '#shared/protocol/access-api.ts';
import { type AuditReply, auditReply } from '#shared/protocol/audit-api.ts';
import { sessionListReply } from '#shared/protocol/session-api.ts';
import { installOn } from '../support/install.ts';
import { openLiveSocket } from '../support/live-socket.ts';
import { assignmentsIn, builtInRoles } from '../support/role-assignments.ts';
import { machineAt, type SystemUnderTest, startSystem } from '../support/system.ts';

type SignedIn = ApiClient & { token: string };

/** From nothing to a session and back, by what is assigned in Azure alone. */
describe('somebody whose roles come and go', () => {
  let system: SystemUnderTest;
  let administrator: SignedIn;
  let stranger: SignedIn;
  let machineId: string;
  let resourceId: string;
  const { objectId } = sample.accounts.find(({ displayName }) => displayName === 'Stranger') ?? {
    objectId: '',
  };

  beforeAll(async () => {
    system = await startSystem();
    administrator = await system.as('Administrator');
    stranger = await system.as('Stranger');
    ({ machineId } = await installOn(administrator, machineAt(system, 0)));
    ({ resourceId } = machineAt(system, 0));
  });
  afterAll(() => system?.stop());

  const get = async (who: SignedIn, path: string): Promise<{ status: number; body: unknown }> => {
    const response = await fetch(`${system.baseUrl}/api/machines/${machineId}${path}`, {
      headers: { authorization: `Bearer ${who.token}` },
    });
    return { status: response.status, body: await response.json() };
  };
  const audit = async (): Promise<AuditReply['value']> => {
    const { status, body } = await get(await system.as('Auditor'), '/audit?action=session&top=20');
    expect(status).toBe(200);
    return auditReply.parse(body).value;
  };

  const openWebSocket = async (who: SignedIn) => openLiveSocket((await who.connect(machineId)).url);

  it('requirement 96: is let in as soon as both roles are there, and cut when one ends, within a minute', async () => {
    const { assign, remove } = assignmentsIn(system);
    expect((await get(stranger, '')).status).toBe(404);
    await expect(stranger.connect(machineId)).rejects.toMatchObject({
      problem: { code: 'machine_not_found' },
    });

    await assign(builtInRoles.reader, objectId, resourceId);
    // A refusal is never older than two seconds.
    await expect.poll(async () => (await get(stranger, '')).status, { timeout: 10_000 }).toBe(200);
    await expect(stranger.connect(machineId)).rejects.toMatchObject({ problem: { code: 'access_denied' } });

    const login = await assign(builtInRoles.wacAdministratorLogin, objectId, resourceId);
    const isOpen = async () => {
      const { body } = await get(stranger, '/access');
      return (body as AccessReply).services.find(({ service }) => service === 'WAC')?.open;
    };
    await expect.poll(isOpen, { timeout: 10_000 }).toBe(true);
    const socket = await openWebSocket(stranger);
    const live = sessionListReply.parse((await get(administrator, '/sessions')).body).value;
    expect(live).toMatchObject([{ user: { id: objectId }, state: 'open', mayEnd: true }]);

    await remove(login);
    await once(socket, 'close');
    await expect(stranger.connect(machineId)).rejects.toMatchObject({ problem: { code: 'access_denied' } });
    await expect
      .poll(audit, { timeout: 20_000, interval: 500 })
      .toContainEqual(expect.objectContaining({ action: 'session close' }));
    const records = await audit();
    expect(records.map(({ action, outcome, session }) => [action, outcome, session?.endReason])).toEqual([
      ['session open', 'refused', undefined],
      ['session close', 'succeeded', 'right_lost'],
      ['session end', 'succeeded', 'right_lost'],
      ['session open', 'succeeded', undefined],
      ['session open', 'refused', undefined],
    ]);
    const [, closed, , opened] = records;
    expect(opened).toMatchObject({ actor: { id: objectId }, decision: { grantedBy: [login] } });
    expect(closed?.session?.bytesDown).toBeGreaterThan(100);
    expect(closed?.session?.seconds).toBeGreaterThan(0);
  }, 120_000);
});

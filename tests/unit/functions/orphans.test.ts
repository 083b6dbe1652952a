import { beforeEach, describe, expect, it } from 'vitest';
import { registerOrphans } from '#functions/http/orphans.ts';
import { createManualClock } from '#local/kit/clock.ts';
import type { MachineDocument } from '#shared/domain/documents.ts';
import { AppError } from '#shared/domain/error.ts';
import { type OrphansReply, orphansReply } from '#shared/protocol/install-api.ts';
import { fleetMember } from '../../support/fleet.ts';
import { callFunction } from '../../support/function-app.ts';
import { createMemoryPorts, type MemoryPorts, subscriptionId, tenantId } from '../../support/memory-ports.ts';
import { addMachine, grant, machine, machineId, resourceId } from '../../support/sample-machine.ts';

const clock = createManualClock(Date.parse('2026-10-04T12:00:00Z'));
const goneSince = '2026-10-01T12:00:00.000Z';
const caller = { id: '00000000-0000-4000-8000-0000000000c3', name: 'somebody@example.test' };
const name = 'abcdefghijklmnopqrstuvwxyz';
const installed: Partial<MachineDocument> = {
  goneSince,
  machineName: name,
  extension: { state: 'installed', port: 6516, installedAt: '2026-09-01T00:00:00Z' },
};
const installing = [
  'Microsoft.HybridCompute/machines/read',
  'Microsoft.HybridCompute/machines/extensions/write',
  'Microsoft.HybridConnectivity/endpoints/write',
];
let memory: MemoryPorts;
registerOrphans(() => memory.ports);

beforeEach(() => {
  memory = createMemoryPorts(clock);
  memory.callers.set('token', { ...caller, tenantId, isApplication: false, roles: [] });
  may(installing);
});

function may(actions: string[], scope = `/subscriptions/${subscriptionId}/resourceGroups/rg-local`): void {
  memory.roles.held.set(caller.id, { grants: [grant('some role', { actions }, scope)], denials: [] });
}

async function list(): Promise<OrphansReply> {
  const { status, body } = await callFunction('listOrphans', { headers: { authorization: 'Bearer token' } });
  expect(status).toBe(200);
  return orphansReply.parse(typeof body === 'string' ? JSON.parse(body) : body);
}

describe('the report of machines that are gone', () => {
  it('says what is removed of each, and when', async () => {
    const portRule = { ruleId: '/rules/PortForWAC', isOurs: true, port: 6516, sources: 'any' } as const;
    await addMachine(memory, { ...installed, portRule, movedTo: 'b'.repeat(26) });
    expect(await list()).toEqual({
      mode: 'remove',
      graceHours: 72,
      halted: null,
      value: [
        {
          machineId,
          resourceId,
          name: 'web-01',
          goneSince,
          removedAfter: '2026-10-04T12:00:00.000Z',
          movedTo: 'b'.repeat(26),
          leftovers: [
            `the DNS records ${name}.wac.test and *.${name}.wac.test`,
            `the relay connection ${name}`,
            `the certificate of ${name}`,
            `the queue of its agent, agent-${machineId}`,
            'the rule /rules/PortForWAC',
            'the record of its install, with the keys of its agent',
          ],
        },
      ],
    });
    expect(memory.faults.calls('store.commit')).toBe(0);
  });

  it('has no line for a rule of somebody else, and none where nothing was installed', async () => {
    const portRule = { ruleId: '/rules/x', isOurs: false, port: 6516, sources: 'any' } as const;
    await addMachine(memory, { goneSince, portRule });
    expect((await list()).value).toMatchObject([{ leftovers: [], movedTo: null }]);
  });

  it('does not name machines that are there', async () => {
    await addMachine(memory);
    expect((await list()).value).toEqual([]);
  });

  it.each<[string, () => void]>([
    ['may only see machines there', () => may(['Microsoft.HybridCompute/machines/read'])],
    ['may install elsewhere', () => may(installing, `/subscriptions/${subscriptionId}/resourceGroups/other`)],
    [
      'is of another tenant',
      () => void (memory.ports.resources.tenantOf = async () => '00000000-0000-4000-8000-0000000000ff'),
    ],
    [
      'asks about a subscription that is gone',
      () => memory.faults.fail('resources.tenantOf', new AppError('machine_not_found', 'gone')),
    ],
  ])('shows nothing to who %s', async (_, change) => {
    await addMachine(memory, installed);
    change();
    expect((await list()).value).toEqual([]);
  });

  it('says that it is a report alone, and why nothing is removed', async () => {
    memory.ports.settings = {
      ...memory.ports.settings,
      ADMIN_CENTER_ORPHANS: 'report',
      ADMIN_CENTER_ORPHAN_GRACE_HOURS: 1,
    };
    for (let index = 0; index < 11; index += 1) {
      const member = fleetMember(index);
      await memory.store.commit(member.machineId, [{ create: { ...machine, ...member, ...installed } }]);
    }
    expect(await list()).toMatchObject({
      mode: 'report',
      graceHours: 1,
      halted: expect.stringMatching(/^11 of 11 machines are gone at once/),
    });
  });
});

import { beforeEach, describe, expect, it } from 'vitest';
import { type AuditRoutes, openAuditRoutes } from '../../support/audit-routes.ts';
import { subscriptionId } from '../../support/memory-ports.ts';
import { machineId, resourceId } from '../../support/sample-machine.ts';

let routes: AuditRoutes;
beforeEach(async () => {
  routes = await openAuditRoutes();
});

describe('a refused request', () => {
  it('is recorded with route, right, code and address, also where the machine is hidden', async () => {
    await routes.call('getMachine', 'stranger');
    await routes.call('uninstallExtension_delete', 'reader', { method: 'DELETE' });
    await routes.call('listAudit', 'reader');
    const found = (await routes.audits()).map(({ action, outcome, actor, from, decision }) => ({
      action,
      outcome,
      name: actor.name,
      from,
      ...decision,
    }));
    const common = { outcome: 'refused', from: '203.0.113.7' };
    expect(found).toEqual([
      {
        ...common,
        action: 'request listAudit',
        name: 'reader@example.test',
        code: 'access_denied',
        right: 'Microsoft.Authorization/roleAssignments/write',
      },
      {
        ...common,
        action: 'request uninstallExtension_delete',
        name: 'reader@example.test',
        code: 'access_denied',
        right: 'Microsoft.HybridCompute/machines/extensions/write',
      },
      { ...common, action: 'request getMachine', name: 'stranger@example.test', code: 'machine_not_found' },
    ]);
  });

  it('of an operation is recorded with its machine', async () => {
    await routes.call('getOperation', 'stranger', { params: { operationId: `${machineId}.x` } });
    expect(await routes.audits()).toMatchObject([{ action: 'request getOperation' }]);
  });

  it('to make a machine known that somebody else made known is recorded there', async () => {
    const body = JSON.stringify({ resourceId: resourceId.toUpperCase() });
    const { status } = await routes.call('addMachine', 'stranger', { method: 'POST', body });
    expect(status).toBe(404);
    expect(await routes.audits()).toMatchObject([{ action: 'request addMachine', outcome: 'refused' }]);
  });

  it('is from the address that the front end wrote down, whatever the caller claims', async () => {
    const headers = { 'x-forwarded-for': '198.51.100.1, 203.0.113.9:50123' };
    await routes.call('getMachine', 'stranger', { headers });
    expect(await routes.audits()).toMatchObject([{ from: '203.0.113.9' }]);
  });

  it('is recorded once a minute, with how many were like it', async () => {
    for (let times = 0; times < 20; times += 1) await routes.call('getMachine', 'stranger');
    expect(await routes.audits()).toHaveLength(1);
    routes.clock.advance(60_000);
    await routes.call('getMachine', 'stranger');
    const [newest, ...older] = await routes.audits();
    expect(older).toHaveLength(1);
    expect(newest?.detail).toContain('19 more like it');
  });

  it('is recorded sixty times a minute of one caller at most, whatever he varies', async () => {
    const grants = routes.memory.roles.held;
    expect(grants.size).toBeGreaterThan(0);
    for (let index = 0; index < 100; index += 1) {
      const id = `${'b'.repeat(24)}${String.fromCharCode(97 + (index % 26))}${String(2 + Math.floor(index / 26))}`;
      await routes.memory.store.commit(id, [
        {
          create: {
            type: 'machine',
            machineId: id,
            resourceId,
            kind: 'arc',
            displayName: id,
            subscriptionId,
          },
        },
      ]);
      await routes.call('getMachine', 'stranger', { params: { id } });
    }
    const machines = await routes.memory.store.listMachines();
    const counts = await Promise.all(
      machines.map(async (one) => (await routes.audits(one.machineId)).length),
    );
    expect(counts.reduce((sum, one) => sum + one, 0)).toBe(60);
  });

  it('leaves nothing for a machine that nobody made known', async () => {
    const id = 'c'.repeat(26);
    await routes.call('getMachine', 'stranger', { params: { id } });
    expect(await routes.audits(id)).toEqual([]);
    expect(await routes.memory.store.read(id, 'audit-head')).toBeUndefined();
  });

  it('is recorded, however often the caller asked for machines that nobody knows', async () => {
    for (let number = 0; number < 61; number += 1)
      await routes.call('getMachine', 'stranger', { params: { id: String(number).padStart(26, 'c') } });
    await routes.call('getMachine', 'stranger');
    expect(await routes.audits()).toMatchObject([{ action: 'request getMachine', outcome: 'refused' }]);
  });

  it('stands when its record cannot be kept, which is logged', async () => {
    routes.memory.faults.before('store.commit', () => {
      throw new Error('no database');
    });
    const { status, log } = await routes.call('getMachine', 'stranger');
    expect(status).toBe(404);
    expect(log.join('\n')).toContain('its record could not be kept');
  });

  it('answers the same whether the machine is hidden or unknown', async () => {
    const answers = [machineId, 'd'.repeat(26)].map(async (id) => {
      const { status, body } = await routes.call('getMachine', 'stranger', { params: { id } });
      return {
        status,
        text: String(body)
          .replaceAll(id, '')
          .replace(/urn:uuid:[\w-]+/, ''),
      };
    });
    const [hidden, unknown] = await Promise.all(answers);
    expect(hidden).toEqual(unknown);
  });
});

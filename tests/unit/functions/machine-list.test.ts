import { beforeEach, describe, expect, it } from 'vitest';
import { AppError } from '#shared/domain/error.ts';
import { machineStates } from '#shared/domain/machine-state.ts';
import { callFunction } from '../../support/function-app.ts';
import {
  agentOf,
  certificateOf,
  createListedMachines,
  group,
  idOfName,
  installed,
  iso,
  namesOf,
  ready,
} from '../../support/listed-machines.ts';
import { administrator, machine } from '../../support/sample-machine.ts';

const linux = machine.facts && { facts: { ...machine.facts, osName: 'Debian 13' } };

const { clock, memory, renew, put, ask, maySee, list, refusedField } = createListedMachines();
beforeEach(renew);

describe('a page of machines', () => {
  it('is for those who are signed in', async () => {
    expect((await ask('', { token: '' })).status).toBe(401);
  });

  it('is empty where there is nothing to see', async () => {
    const { readAt, counts, ...rest } = await list();
    expect(rest).toEqual({ value: [], total: 0, matched: 0, before: 0, previous: null, next: null });
    expect(Object.keys(counts)).toEqual(machineStates);
    expect(Date.parse(readAt)).toBe(clock.now());
  });

  it('has of each machine what a row shows, and no more', async () => {
    const id = await put('web-01', ready);
    expect((await list()).value).toEqual([
      {
        id,
        resourceId: idOfName('web-01'),
        name: 'web-01',
        kind: 'arc',
        state: 'ready',
        health: { state: 'healthy', reasons: [] },
        osName: 'Windows Server 2022 Datacenter',
        location: 'westeurope',
        port: 6516,
        notAfter: iso(60 * 86_400_000),
        presence: { connected: true, lastSeenAt: iso(-1000) },
        operation: null,
        may: { install: false, connect: false },
      },
    ]);
  });

  it('shows state and health as the machine’s own page does', async () => {
    const checks = [
      { id: 'service' as const, ok: false, found: 'stopped' },
      { id: 'ports' as const, ok: true, found: '' },
    ];
    const egress = {
      checkedAt: iso(0),
      unreachable: [
        { host: 'a', reason: 'r' },
        { host: 'b', reason: 'r' },
      ],
    };
    const id = await put('web-01', {
      ...ready,
      related: (machineId) => [
        certificateOf(machineId),
        agentOf(machineId, { checks, egress, clockOffsetMs: 90_000 }),
      ],
    });
    const headers = { authorization: 'Bearer token' };
    const whole = (await callFunction('getMachine', { params: { id }, headers })).body as {
      state: string;
      health: { state: string; reasons: { code: string }[] };
    };
    const [row] = (await list()).value;
    expect({ state: row?.state, health: row?.health.state }).toEqual({
      state: whole.state,
      health: whole.health.state,
    });
    expect(row?.health.reasons).toEqual(['check_failed', 'host_unreachable', 'clock_wrong']);
    expect([...new Set(whole.health.reasons.map(({ code }) => code))]).toEqual(row?.health.reasons);
    expect(whole.health.reasons).toHaveLength(4);
  });

  it('has those that need somebody first: by state, then by health, then by name as people count', async () => {
    await put('web-10', ready);
    await put('web-2', ready);
    await put('unwell', {
      ...ready,
      related: (id) => [certificateOf(id), agentOf(id, { clockOffsetMs: 90_000 })],
    });
    await put('failed', { machine: { extension: { state: 'failed', port: 1 } } });
    await put('bare');
    await put('away', { machine: installed });
    expect(namesOf(await list())).toEqual(['failed', 'away', 'bare', 'unwell', 'web-2', 'web-10']);
  });

  it('counts states over everything that may be seen, whatever is asked for', async () => {
    await put('web-1', ready);
    await put('db-1', ready);
    await put('db-2');
    const { total, matched, counts } = await list('?search=db&state=ready');
    expect({
      total,
      matched,
      ready: counts.ready,
      uninstalled: counts.uninstalled,
      away: counts.away,
    }).toEqual({
      total: 3,
      matched: 1,
      ready: 2,
      uninstalled: 1,
      away: 0,
    });
  });
});

describe('what the caller may not see', () => {
  it('is neither shown nor counted', async () => {
    await put('mine', { at: 'rg-mine' });
    await put('theirs', { at: 'rg-theirs' });
    await put('machine-of-another-kind', { machine: { kind: 'hci-cluster' } });
    maySee(`${group}/rg-mine`);
    const reply = await list();
    expect(namesOf(reply)).toEqual(['mine']);
    expect(reply).toMatchObject({ total: 1, matched: 1 });
    expect(Object.values(reply.counts).reduce((sum, count) => sum + count, 0)).toBe(1);
    expect(await list('?search=theirs')).toMatchObject({ value: [], total: 1, matched: 0 });
  });

  it('is everything for a caller of another tenant', async () => {
    await put('web-1');
    memory().callers.set('stranger', {
      ...administrator,
      tenantId: 'another',
      isApplication: false,
      roles: [],
    });
    expect(await list('', { token: 'stranger' })).toMatchObject({ value: [], total: 0, matched: 0 });
  });

  it('is everything in a subscription that is gone; of others all is shown', async () => {
    await put('here');
    await put('there', { machine: { subscriptionId: 'given back' } });
    const { resources } = memory().ports;
    memory().ports.resources = {
      ...resources,
      tenantOf: async (id) => {
        if (id === 'given back') throw new AppError('machine_not_found', 'there is no subscription');
        return resources.tenantOf(id);
      },
    };
    expect(namesOf(await list())).toEqual(['here']);
    memory().ports.resources.tenantOf = () => {
      throw new AppError('resource_manager_unavailable', 'it is silent');
    };
    expect((await ask()).status).toBe(503);
  });

  it('is asked for once a subscription', async () => {
    for (const name of ['a', 'b', 'c']) await put(name);
    let asked = 0;
    const { roles } = memory().ports;
    memory().ports.roles = {
      ...roles,
      rolesIn: (...given) => {
        asked += 1;
        return roles.rolesIn(...given);
      },
    };
    await list();
    expect(asked).toBe(1);
  });
});

describe('a question', () => {
  beforeEach(async () => {
    await put('web-01', ready);
    await put('web-02', {
      machine: { kind: 'azure-vm', ...linux },
      at: 'rg-db',
    });
    await put('Files', { machine: installed });
  });

  it.each([
    ['search=WEB', ['web-02', 'web-01']],
    ['search=web%20datacenter', ['web-01']],
    ['search=RG-DB', ['web-02']],
    ['search=%20%09', ['Files', 'web-02', 'web-01']],
    ['search=', ['Files', 'web-02', 'web-01']],
    ['search=web.01', []],
    ['search=%25', []],
    ['state=away', ['Files']],
    ['kind=azure-vm', ['web-02']],
    ['kind=arc&search=web', ['web-01']],
    ['state=ready&kind=azure-vm', []],
  ])('%s finds %j', async (query, expected) => {
    const reply = await list(`?${query}`);
    expect(namesOf(reply)).toEqual(expected);
    expect(reply).toMatchObject({ total: 3, matched: expected.length });
  });

  it.each([
    ['state=Ready', 'state'],
    ['state=', 'state'],
    ['kind=toString', 'kind'],
    ['top=0', 'top'],
    ['top=1001', 'top'],
    ['top=1e3', 'top'],
    ['top=-1', 'top'],
    ['top=1&top=2', 'top'],
    [`search=${'x'.repeat(201)}`, 'search'],
    [`skipToken=${'x'.repeat(2001)}`, 'skipToken'],
    ['sort=name', 'sort'],
    ['Search=web', 'Search'],
    ['__proto__=1', '__proto__'],
    ['top=x&state=y', 'state,top'],
  ])('%s is refused, naming %s', async (query, field) => {
    expect(await refusedField(`?${query}`)).toBe(field);
  });
});

import { beforeEach, describe, expect, it, vi } from 'vitest';
import { registerAccess } from '#functions/http/access.ts';
import { createManualClock } from '#local/kit/clock.ts';
import type { EffectiveRoles, RoleGrant } from '#shared/domain/access.ts';
import { accessReply } from '#shared/protocol/access-api.ts';
import { callFunction } from '../../support/function-app.ts';
import { recordLease } from '../../support/leases.ts';
import { createMemoryPorts, type MemoryPorts, subscriptionId, tenantId } from '../../support/memory-ports.ts';
import {
  addMachine,
  administrator,
  grant,
  machineId,
  reportServing,
  resourceId,
} from '../../support/sample-machine.ts';

vi.mock('durable-functions', async (importOriginal) => ({
  ...(await importOriginal<object>()),
  getClient: () => ({}),
}));

const id = (number: number) => `00000000-0000-4000-8000-0000000000${number}`;
const reader = { id: id(11), name: 'reader@example.test' };
const auditor = { id: id(12), name: 'auditor@example.test' };
const stranger = { id: id(13), name: 'stranger@example.test' };
const program = { id: id(14), name: id(14) };
const helpDesk = { id: id(21), kind: 'Group' };
const subscription = `/subscriptions/${subscriptionId}`;
const loginAction = 'Microsoft.HybridCompute/machines/WACLoginAsAdmin/action';
const sees = grant('Reader of machines', { actions: ['Microsoft.HybridCompute/machines/read'] });
const readsAll = grant('Reader', { actions: ['*/read'] }, subscription);
const login = grant('Windows Admin Center Administrator Login', { dataActions: [loginAction] }, subscription);

let memory: MemoryPorts;
registerAccess(() => memory.ports);

const hold = (who: { id: string }, ...grants: RoleGrant[]) =>
  memory.roles.held.set(who.id, { grants, denials: [] } satisfies EffectiveRoles);

beforeEach(async () => {
  memory = createMemoryPorts(createManualClock(Date.parse('2026-10-01T12:00:00Z')));
  await addMachine(memory, { extension: { state: 'installed', port: 6516, installedAt: 'then' } });
  await reportServing(memory);
  memory.connectivity.endpoints.set(resourceId, { WAC: 6516 });
  for (const one of [administrator, reader, auditor, stranger, program])
    memory.callers.set(one.id, { ...one, tenantId, isApplication: one === program, roles: [] });
  for (const one of [administrator, reader, auditor, stranger])
    memory.principals.people.set(one.id, { kind: 'user', name: one.name });
  memory.principals.people.set(helpDesk.id, { kind: 'group', name: 'Help desk' });
  hold(reader, readsAll);
  hold(auditor, sees);
  hold(stranger);
});

async function call(who: { id: string }, query = '') {
  const { status, body } = await callFunction('getAccess', {
    method: 'GET',
    params: { id: machineId },
    path: `/${query}`,
    headers: { authorization: `Bearer ${who.id}` },
  });
  // A problem is sent as text of its own type.
  const json: unknown = typeof body === 'string' ? JSON.parse(body) : body;
  return { status, body: json as Record<string, unknown> };
}
async function explained(who: { id: string }, query = '') {
  const { status, body } = await call(who, query);
  expect(status).toBe(200);
  const reply = accessReply.parse(body);
  const service = (name: string) => reply.services.find((one) => one.service === name);
  const right = (name: string) => reply.rights.find((one) => one.right === name);
  return { reply, service, right, codes: service('WAC')?.conditions.map(({ code }) => code ?? '') };
}
const mine = (who: { id: string }) => explained(who);
const of = (principal: { id: string }) => explained(reader, `?principal=${principal.id}`);

describe('GET /api/machines/{id}/access', () => {
  it('tells whoever sees the machine who he is on it, and whether a connect is let in', async () => {
    const { reply, service, right } = await mine(administrator);
    expect(reply.principal).toEqual({ ...administrator, kind: 'user' });
    expect(reply.decidedAt).toBe('2026-10-01T12:00:00.000Z');
    expect(service('WAC')).toMatchObject({ open: true });
    expect(service('SSH')).toMatchObject({ open: false });
    expect(right('connect-wac')).toMatchObject({
      allowed: true,
      grantedBy: [{ role: 'Windows Admin Center Administrator Login', scopeKind: 'resource' }],
    });
    expect(right('connect-wac')).not.toHaveProperty('mend');
  });

  it('requirement 87: names every condition in order, with what mends those that are not met', async () => {
    memory.connectivity.endpoints.clear();
    await memory.ports.store.commit(machineId, [
      {
        put: {
          type: 'agent',
          machineId,
          signingKey: '{}',
          encryptionKey: '{}',
          enrolledAt: '',
          reportSequence: 1,
        },
      },
    ]);
    const { service, codes } = await mine(auditor);
    expect(codes).toEqual([
      'access_denied',
      'endpoint_missing',
      'service_not_configured',
      '',
      'agent_offline',
      '',
    ]);
    const [role, endpoint, configuration] = service('WAC')?.conditions ?? [];
    expect(role?.mend?.commands).toEqual([
      `az role assignment create --assignee-object-id ${auditor.id} --assignee-principal-type User --role 'Windows Admin Center Administrator Login' --scope ${resourceId}`,
    ]);
    expect(endpoint?.mend?.commands[0]).toContain('/endpoints/default?api-version=2023-03-15');
    expect(configuration?.mend?.commands[0]).toContain('"port":6516');
  });

  it('a subscription without the provider has no endpoint', async () => {
    memory.resources.registered.clear();
    expect((await mine(administrator)).codes).toContain('endpoint_missing');
  });

  it('requirement 42: names the port that the machine does not let in, and the command that adds it and keeps the others', async () => {
    await reportServing(memory, { localPolicy: { enabled: true, ports: [22, 3389] } });
    const { service, codes } = await mine(administrator);
    expect(codes?.at(-1)).toBe('port_not_allowed');
    expect(service('WAC')?.conditions.at(-1)?.mend?.commands.at(-1)).toBe(
      'azcmagent config set incomingconnections.ports 6516 --add',
    );
  });

  it('counts a lease that is needed, of that person alone', async () => {
    const at = (minutes: number) => new Date(memory.ports.now().getTime() + minutes * 60_000).toISOString();
    const lease = await recordLease(memory, { requester: administrator });
    const inForce = { ...lease, state: 'active', startsAt: at(-1), endsAt: at(29) } as const;
    await memory.ports.store.commit(machineId, [{ put: inForce }]);
    const stored = await memory.ports.store.read(machineId, 'machine');
    if (!stored) throw new Error('the machine is on record');
    const leasePolicy = { required: true, setBy: reader, at: at(0) };
    await memory.ports.store.commit(machineId, [{ put: { ...stored.document, leasePolicy } }]);
    expect((await mine(administrator)).service('WAC')).toMatchObject({ open: true });
    hold(auditor, sees, login);
    expect((await mine(auditor)).codes).toContain('lease_required');
  });

  it('is as if unknown to whoever may not see the machine', async () => {
    const { status, body } = await call(stranger);
    expect([status, body['code']]).toEqual([404, 'machine_not_found']);
    expect((await call(stranger, `?principal=${reader.id}`)).status).toBe(404);
    hold(program, login);
    expect((await call(program)).status).toBe(404);
  });

  it('of somebody else, is for those who may read role assignments', async () => {
    const { status, body } = await call(administrator, `?principal=${reader.id}`);
    expect(status).toBe(403);
    expect(body).toMatchObject({
      code: 'access_denied',
      missingAction: 'Microsoft.Authorization/roleAssignments/read',
    });
    expect((await of(administrator)).reply.principal).toEqual({ ...administrator, kind: 'user' });
  });

  it('takes ids in any case, and oneself by the own id without a right', async () => {
    const { reply } = await explained(administrator, `?principal=${administrator.id.toUpperCase()}`);
    expect(reply.principal.id).toBe(administrator.id);
    expect((await explained(reader, `?principal=${auditor.id.toUpperCase()}`)).right('see')?.allowed).toBe(
      true,
    );
  });

  it.each([
    "' or '1' eq '1",
    `${reader.id}')/roleAssignments`,
    '../../subscriptions',
    '%00',
    '',
    `${reader.id}&principal=${auditor.id}`,
  ])('refuses %j for a principal', async (text) => {
    const query = text.includes('&') ? text : encodeURIComponent(text);
    const { status, body } = await call(reader, `?principal=${query}`);
    expect([status, body['code']]).toEqual([400, 'invalid_request']);
  });

  it('says that the directory has nobody with that id, and does without a directory that says nothing', async () => {
    const nobody = { id: id(99) };
    const { status, body } = await call(reader, `?principal=${nobody.id}`);
    expect(status).toBe(404);
    expect(body).toMatchObject({ code: 'principal_not_found', principal: nobody.id });
    memory.principals.mayRead = false;
    const { reply, right } = await of(nobody);
    expect(reply.principal).toEqual({ id: nobody.id, name: nobody.id, kind: 'unknown' });
    expect(right('see')?.mend?.commands[0]).not.toContain('principal-type');
  });

  it('tells a program who it is', async () => {
    hold(program, sees);
    const { reply, right } = await mine(program);
    expect(reply.principal).toEqual({ ...program, kind: 'application' });
    expect(right('connect-wac')?.mend?.commands[0]).toContain('--assignee-principal-type ServicePrincipal');
  });
});

describe('why somebody may or may not', () => {
  it('names the group through which it was given, and until when', async () => {
    const held = {
      ...login,
      principal: helpDesk,
      roleDefinitionId: '/role/login',
      assignmentId: '/assignment/1',
    };
    hold(auditor, sees, held);
    const endsAt = '2026-10-01T18:00:00.000Z';
    memory.roleDirectory.schedules.ending.push({
      principalId: auditor.id,
      roleDefinitionId: '/role/login',
      scope: subscription,
      endsAt,
    });
    expect((await of(auditor)).right('connect-wac')?.grantedBy).toEqual([
      {
        assignmentId: '/assignment/1',
        role: 'Windows Admin Center Administrator Login',
        scope: subscription,
        scopeKind: 'subscription',
        through: { ...helpDesk, kind: 'group', name: 'Help desk' },
      },
    ]);
    hold(auditor, sees, { ...held, principal: { id: auditor.id.toUpperCase(), kind: 'User' } });
    const [own] = (await of(auditor)).right('connect-wac')?.grantedBy ?? [];
    expect(own).toMatchObject({ endsAt });
    expect(own).not.toHaveProperty('through');
  });

  it('names the deny assignment that takes it away', async () => {
    const [permissions] = login.permissions;
    if (!permissions) throw new Error('the role has permissions');
    memory.roles.held.set(auditor.id, {
      grants: [sees, login],
      denials: [
        {
          scope: subscription,
          permissions: [permissions],
          name: 'of the stack',
          excludedGroups: ['deployers'],
        },
      ],
    });
    const right = (await of(auditor)).right('connect-wac');
    expect(right).toMatchObject({
      allowed: false,
      deniedBy: [{ name: 'of the stack', scope: subscription, excludedGroups: ['deployers'] }],
    });
    expect(right?.mend?.sentence).toContain('of the stack');
    expect(right?.mend?.commands).toEqual([]);
  });

  it('requirement 96: one that is eligible does not count, and is to be activated', async () => {
    memory.roleDirectory.schedules.eligible.push({
      ...login,
      roleDefinitionId: '/role/login',
      scheduleId: `${subscription}/roleEligibilitySchedules/${id(31)}`,
      principal: { id: auditor.id, kind: 'User' },
    });
    const right = (await of(auditor)).right('connect-wac');
    expect(right).toMatchObject({ allowed: false, grantedBy: [], passedOver: [{ why: 'eligible' }] });
    expect(right?.mend?.commands[0]).toContain('"requestType":"SelfActivate"');
  });

  it('quotes a condition that is not understood', async () => {
    const condition = "@Resource[x:y] StringEquals 'z'";
    hold(auditor, sees, { ...login, condition, assignmentId: '/assignment/1' });
    const right = (await of(auditor)).right('connect-wac');
    expect(right).toMatchObject({ allowed: false, passedOver: [{ why: 'condition', detail: condition }] });
    expect(right?.mend?.sentence).toContain('without a condition');
  });
});

import { beforeEach, describe, expect, it, vi } from 'vitest';
import { registerAccessPeople } from '#functions/http/access-people.ts';
import { createManualClock } from '#local/kit/clock.ts';
import { AppError } from '#shared/domain/error.ts';
import { accessPeopleReply } from '#shared/protocol/access-api.ts';
import { callFunction } from '../../support/function-app.ts';
import { createMemoryPorts, type MemoryPorts, subscriptionId, tenantId } from '../../support/memory-ports.ts';
import { addMachine, administrator, grant, machineId, resourceId } from '../../support/sample-machine.ts';

vi.mock('durable-functions', async (importOriginal) => ({
  ...(await importOriginal<object>()),
  getClient: () => ({}),
}));

const id = (number: number) => `00000000-0000-4000-8000-0000000000${number}`;
const reader = { id: id(11), name: 'reader@example.test' };
const stranger = { id: id(13), name: 'stranger@example.test' };
const group = { id: id(21), kind: 'Group' };
const program = { id: id(22), kind: 'ServicePrincipal' };
const gone = { id: id(23), kind: 'User' };
const subscription = `/subscriptions/${subscriptionId}`;
const readsAll = { actions: ['*/read'] };
const login = { dataActions: ['Microsoft.HybridCompute/machines/WACLoginAsAdmin/action'] };

let memory: MemoryPorts;
registerAccessPeople(() => memory.ports);

beforeEach(async () => {
  memory = createMemoryPorts(createManualClock(Date.parse('2026-10-01T12:00:00Z')));
  await addMachine(memory);
  for (const one of [administrator, reader, stranger])
    memory.callers.set(one.id, { ...one, tenantId, isApplication: false, roles: [] });
  memory.roles.held.set(reader.id, { grants: [grant('Reader', readsAll)], denials: [] });
  memory.principals.people.set(reader.id, { kind: 'user', name: reader.name });
  memory.principals.people.set(group.id, { kind: 'group', name: 'Server operators' });
  memory.roleDirectory.assignments.push(
    { ...grant('Reader', readsAll, subscription), principal: { id: reader.id.toUpperCase(), kind: 'User' } },
    {
      ...grant('Login', login, ''),
      principal: group,
      assignmentId: '/assignment/1',
      roleDefinitionId: '/login',
    },
    { ...grant('Storage', { actions: ['Microsoft.Storage/*'] }, subscription), principal: program },
    { ...grant('Login', login), principal: gone, condition: 'of our own' },
  );
});

async function call(who: { id: string }) {
  const { status, body } = await callFunction('listAccessPeople', {
    params: { id: machineId },
    headers: { authorization: `Bearer ${who.id}` },
  });
  const json: unknown = typeof body === 'string' ? JSON.parse(body) : body;
  return { status, body: json as Record<string, unknown> };
}
const list = async () => accessPeopleReply.parse((await call(reader)).body).value;

describe('GET /api/machines/{id}/access/people', () => {
  it('lists every assignment that gives a right there, with whose it is and what it gives', async () => {
    expect(await list()).toEqual([
      {
        principal: { id: reader.id.toUpperCase(), kind: 'user', name: reader.name },
        role: 'Reader',
        scope: subscription,
        scopeKind: 'subscription',
        rights: ['see', 'read-access'],
        eligible: false,
      },
      {
        principal: { ...group, kind: 'group', name: 'Server operators' },
        assignmentId: '/assignment/1',
        role: 'Login',
        scope: '/',
        scopeKind: 'root',
        rights: ['connect-wac'],
        eligible: false,
      },
      {
        principal: { id: gone.id, kind: 'user' },
        role: 'Login',
        scope: resourceId,
        scopeKind: 'resource',
        rights: ['connect-wac'],
        eligible: false,
        condition: 'of our own',
      },
    ]);
  });

  it('requirement 96: says until when, and marks what counts after an activation alone', async () => {
    const endsAt = '2026-10-01T18:00:00.000Z';
    const own = { principalId: group.id, roleDefinitionId: '/login', scope: '/', endsAt };
    memory.roleDirectory.schedules.ending.push(own);
    memory.roleDirectory.schedules.eligible.push({ ...grant('Login', login), principal: program });
    const found = await list();
    expect(found.map((one) => [one.principal.kind, one.eligible, one.endsAt])).toEqual([
      ['user', false, undefined],
      ['group', false, endsAt],
      ['user', false, undefined],
      ['application', true, undefined],
    ]);
  });

  it('shows ids where the directory says no names', async () => {
    memory.principals.mayRead = false;
    expect((await list()).map(({ principal }) => principal)).toEqual([
      { id: reader.id.toUpperCase(), kind: 'user' },
      { id: group.id, kind: 'group' },
      { id: gone.id, kind: 'user' },
    ]);
  });

  it('is for those who may read role assignments, and as if unknown to whoever does not see the machine', async () => {
    const refused = await call(administrator);
    expect(refused.status).toBe(403);
    expect(refused.body).toMatchObject({ missingAction: 'Microsoft.Authorization/roleAssignments/read' });
    expect(await call(stranger)).toMatchObject({ status: 404, body: { code: 'machine_not_found' } });
  });

  it.each([
    ['resource_manager_unavailable', {}, 'access_undecided'],
    ['resource_manager_refused', { armStatus: 403 }, 'roles_unreadable'],
  ] as const)('says %s %j of ARM as %s', async (code, facts, expected) => {
    memory.roleDirectory.assignmentsAt = async () => {
      throw new AppError(code, 'no list today', { facts });
    };
    expect((await call(reader)).body['code']).toBe(expected);
  });
});

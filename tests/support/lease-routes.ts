import { registerLeaseDecisions } from '#functions/http/lease-decisions.ts';
import { registerLeaseList } from '#functions/http/lease-list.ts';
import { registerLeasePolicy } from '#functions/http/lease-policy.ts';
import { registerLeases } from '#functions/http/leases.ts';
import { createManualClock } from '#local/kit/clock.ts';
import { type LeaseReply, leaseReply } from '#shared/protocol/lease-api.ts';
import { callFunction } from './function-app.ts';
import { createMemoryPorts, type MemoryPorts, tenantId } from './memory-ports.ts';
import { addMachine, grant, machineId } from './sample-machine.ts';

const see = 'Microsoft.HybridCompute/machines/read';
const connect = 'Microsoft.HybridCompute/machines/WACLoginAsAdmin/action';
const assign = 'Microsoft.Authorization/roleAssignments/write';

/** `lead` holds what a holder and what an approver has; `namesake` is the holder with his id in capitals. */
const rights = {
  holder: { actions: [see], dataActions: [connect] },
  other: { actions: [see], dataActions: [connect] },
  approver: { actions: [see, assign] },
  colleague: { actions: [see, assign] },
  lead: { actions: [see, assign], dataActions: [connect] },
  reader: { actions: [see] },
  stranger: {},
} as const;
export type PersonName = keyof typeof rights | 'LEAD' | 'program';

export const idOf = (name: PersonName): string =>
  name === 'LEAD'
    ? idOf('lead').toUpperCase()
    : `00000000-0000-4000-8000-0000000000${(0xe0 + Object.keys(rights).indexOf(name)).toString(16)}`;

const clock = createManualClock(Date.parse('2026-10-02T12:00:00Z'));
let memory: MemoryPorts;
for (const register of [registerLeases, registerLeaseDecisions, registerLeaseList, registerLeasePolicy])
  register(() => memory.ports);

/** The host's client, as far as leases use it; nothing runs. */
function fakeDurable() {
  const instances = new Map<string, string>();
  const raised: string[] = [];
  const refusals: Error[] = [];
  return {
    instances,
    raised,
    /** Of the next starts. */
    refusals,
    async startNew(_: string, { instanceId }: { instanceId: string }) {
      const refusal = refusals.shift();
      if (refusal) throw refusal;
      instances.set(instanceId, 'Running');
    },
    async getStatus(instanceId: string) {
      const runtimeStatus = instances.get(instanceId);
      if (runtimeStatus === undefined) throw new Error('404: no instance');
      return { runtimeStatus };
    },
    async raiseEvent(instanceId: string) {
      raised.push(instanceId);
    },
  };
}

/** The routes of leases over ports in memory. */
export async function openLeaseRoutes() {
  memory = createMemoryPorts(clock);
  await addMachine(memory);
  for (const [name, permissions] of Object.entries(rights)) {
    const id = idOf(name as keyof typeof rights);
    memory.callers.set(name, { id, name, tenantId, isApplication: false, roles: [] });
    memory.roles.held.set(id, { grants: [grant(name, copyOf(permissions))], denials: [] });
  }
  const all = { actions: [see, assign], dataActions: [connect] };
  for (const [name, isApplication] of [
    ['LEAD', false],
    ['program', true],
  ] as const) {
    const id = idOf(name);
    memory.callers.set(name, { id, name, tenantId, isApplication, roles: [] });
    memory.roles.held.set(id, { grants: [grant(name, all)], denials: [] });
  }
  const durable = fakeDurable();

  async function call(name: string, method: string, by: PersonName, body?: object, leaseId = '', path = '/') {
    const answer = await callFunction(name, {
      method,
      path,
      params: { id: machineId, leaseId },
      headers: { authorization: `Bearer ${by}` },
      ...(body && { body: JSON.stringify(body) }),
    });
    const told = typeof answer.body === 'string' ? (JSON.parse(answer.body) as unknown) : answer.body;
    // What is answered is what the description of the API says.
    if (answer.status < 300 && !/^list|Policy/.test(name)) leaseReply.parse(told);
    return {
      status: answer.status,
      headers: answer.headers,
      body: told as LeaseReply & Record<string, unknown>,
    };
  }
  const wish = { minutes: 60, purpose: 'replace the disk' };
  return {
    memory,
    clock,
    durable,
    call,
    request: (by: PersonName = 'holder', changes: object = {}) =>
      call('requestLease_post', 'POST', by, { ...wish, ...changes }),
    decide: (leaseId: string, by: PersonName, approve = true, more: object = {}) =>
      call('decideLease_post', 'POST', by, { approve, ...more }, leaseId),
    extend: (leaseId: string, by: PersonName, minutes = 30) =>
      call('extendLease_post', 'POST', by, { minutes, purpose: 'not done yet' }, leaseId),
    end: (leaseId: string, by: PersonName) => call('endLease_delete', 'DELETE', by, undefined, leaseId),
    read: (leaseId: string, by: PersonName) => call('getLease', 'GET', by, undefined, leaseId),
    async list(by: PersonName, question: 'machine' | 'own' | 'waiting') {
      const path = `/api/leases${question === 'waiting' ? '?waiting=true' : ''}`;
      const name = question === 'machine' ? 'listMachineLeases' : 'listLeases';
      const { body } = await call(name, 'GET', by, undefined, '', path);
      return (body as unknown as { value: LeaseReply[] }).value;
    },
    audited: async () =>
      (await memory.store.list(machineId, 'audit', 50))
        .map(({ actor, action, outcome, decision }) => [actor.name, action, outcome, decision?.code])
        .toReversed(),
  };
}
export type LeaseRoutes = Awaited<ReturnType<typeof openLeaseRoutes>>;

const copyOf = (permissions: { actions?: readonly string[]; dataActions?: readonly string[] }) => ({
  ...(permissions.actions && { actions: [...permissions.actions] }),
  ...(permissions.dataActions && { dataActions: [...permissions.dataActions] }),
});

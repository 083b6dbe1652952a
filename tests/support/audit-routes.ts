import { registerAudit } from '#functions/http/audit.ts';
import { registerExtension } from '#functions/http/extension.ts';
import { registerMachines } from '#functions/http/machines.ts';
import { registerOperations } from '#functions/http/operations.ts';
import { createManualClock } from '#local/kit/clock.ts';
import { commitAudited } from '#orchestrations/audit-trail.ts';
import type { AuditEntry } from '#shared/domain/audit.ts';
import { callFunction, type HttpCall } from './function-app.ts';
import { createMemoryPorts, type MemoryPorts, tenantId } from './memory-ports.ts';
import { addMachine, grant, machineId } from './sample-machine.ts';

const clock = createManualClock(Date.parse('2026-10-01T12:00:00Z'));
let memory: MemoryPorts;
registerAudit(() => memory.ports);
registerExtension(() => memory.ports);
registerMachines(() => memory.ports);
registerOperations(() => memory.ports);

const read = 'Microsoft.HybridCompute/machines/read';
/** Actions of each person on the machine; the auditor and the collector have the app role instead, the foreigner in his tenant. */
const people: Readonly<
  Record<string, { actions?: string[]; roles?: string[]; tenant?: string; isApplication?: boolean }>
> = {
  owner: { actions: ['*'] },
  reader: { actions: [read] },
  stranger: {},
  auditor: { roles: ['Audit.Read'] },
  collector: { roles: ['Audit.Read'], isApplication: true },
  program: { actions: ['*'], isApplication: true },
  foreigner: { roles: ['Audit.Read'], tenant: '00000000-0000-4000-8000-00000000000b' },
};

/** The audit's routes, and some that refuse, over ports in memory with one machine. */
export async function openAuditRoutes() {
  memory = createMemoryPorts(clock);
  await addMachine(memory);
  for (const [
    index,
    [name, { actions, roles = [], tenant = tenantId, isApplication = false }],
  ] of Object.entries(people).entries()) {
    const id = `00000000-0000-4000-8000-0000000000f${index}`;
    memory.callers.set(name, { id, name: `${name}@example.test`, tenantId: tenant, isApplication, roles });
    if (actions) memory.roles.held.set(id, { grants: [grant('Given', { actions })], denials: [] });
  }
  const call = (name: string, caller: string, options: HttpCall = {}) =>
    callFunction(name, {
      params: { id: machineId },
      ...options,
      headers: { authorization: `Bearer ${caller}`, 'x-forwarded-for': '203.0.113.7', ...options.headers },
    });
  return {
    memory,
    clock,
    call,
    get: (name: string, caller: string, query = '') =>
      call(name, caller, { path: `/api/machines/${machineId}/audit${query}` }),
    record: (entries: AuditEntry | readonly AuditEntry[], id = machineId) =>
      commitAudited(memory.ports, id, [], entries),
    audits: async (id = machineId) => memory.store.list(id, 'audit', 10_000),
  };
}
export type AuditRoutes = Awaited<ReturnType<typeof openAuditRoutes>>;

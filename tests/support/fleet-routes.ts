import { registerFleetInstalls } from '#functions/http/fleet-installs.ts';
import { createManualClock } from '#local/kit/clock.ts';
import type { MachineDocument } from '#shared/domain/documents.ts';
import { fleetMember } from './fleet.ts';
import { addToCloud, allowInstalls } from './fleet-install.ts';
import { callFunction, type HttpCall } from './function-app.ts';
import { createMemoryPorts, type MemoryPorts, subscriptionId, tenantId } from './memory-ports.ts';
import { grant, machine } from './sample-machine.ts';

export const group = `/subscriptions/${subscriptionId}/resourceGroups/rg-local`;
export const idOf = (index: number): string => fleetMember(index).machineId;

/** `owner` and `colleague` may install everywhere, `partly` on the first machine, `reader` may see, `stranger` nothing. */
const people = ['owner', 'colleague', 'reader', 'stranger', 'partly'].map((name, index) => ({
  id: `00000000-0000-4000-8000-0000000000d${index}`,
  name,
}));
const personId = (name: string) => people.find((one) => one.name === name)?.id ?? '';

const clock = createManualClock(Date.parse('2026-10-02T12:00:00Z'));
let memory: MemoryPorts;
registerFleetInstalls(() => memory.ports);

/** The routes over ports in memory, with three machines that nobody has made known yet. */
export function openFleetRoutes() {
  memory = createMemoryPorts(clock);
  const resourceIds = addToCloud(memory, 3);
  memory.directory.listed.push(
    ...resourceIds.map((resourceId, index) => ({ resourceId, tags: { Role: index === 0 ? 'web' : 'Web' } })),
  );
  for (const person of people)
    memory.callers.set(person.name, { ...person, tenantId, isApplication: false, roles: [] });
  for (const name of ['owner', 'colleague']) allowInstalls(memory, personId(name));
  allowInstalls(memory, personId('partly'), resourceIds[0]);
  const read = { actions: ['Microsoft.HybridCompute/machines/read'] };
  const grants = [grant('Reader', read, `/subscriptions/${subscriptionId}`)];
  memory.roles.held.set(personId('reader'), { grants, denials: [] });

  const call = (name: string, options: HttpCall = {}, caller = 'owner') =>
    callFunction(name, { headers: { authorization: `Bearer ${caller}` }, ...options });
  return {
    memory,
    clock,
    resourceIds,
    call,
    post: (name: string, body: object, caller?: string) =>
      call(name, { method: 'POST', body: JSON.stringify(body) }, caller),
    /** Makes one of the machines known. */
    addKnown: (index: number, more: Partial<MachineDocument> = {}) => {
      const known = { ...machine, ...more, machineId: idOf(index), resourceId: resourceIds[index] ?? '' };
      return memory.store.commit(idOf(index), [{ create: known }]);
    },
  };
}
export type FleetRoutes = ReturnType<typeof openFleetRoutes>;

/** The code of a problem. */
export const codeOf = ({ body }: { body: unknown }): unknown =>
  ((typeof body === 'string' ? JSON.parse(body) : body) as { code?: unknown }).code;

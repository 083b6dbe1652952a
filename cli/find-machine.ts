import { isMachineId, machineIdOf } from '#shared/domain/machine-name.ts';
import type { MachineReply } from '#shared/protocol/api.ts';
import type { Api } from './api.ts';
import { failureOf } from './failure.ts';
import type { Reply } from './http-client.ts';
import { machinePages } from './list-machines.ts';

interface Named {
  id: string;
  name: string;
  resourceId: string;
}

/** Our id, where it follows from what was typed: an ARM resource id, or the id itself. */
function idIn(nameOrId: string): string | undefined {
  if (nameOrId.startsWith('/')) return machineIdOf(nameOrId);
  return isMachineId(nameOrId) ? nameOrId : undefined;
}

/** The only one with this name, in any case of letters. Throws `machine_unknown` or `machine_ambiguous`. */
function only(nameOrId: string, candidates: readonly Named[]): string {
  const named = candidates.filter(({ name }) => name.toLowerCase() === nameOrId.toLowerCase());
  const [machine] = named;
  if (!machine) throw failureOf('machine_unknown', `no machine that you may see has the name ${nameOrId}`);
  if (named.length === 1) return machine.id;
  const which = named.map(({ id, resourceId }) => `${id} (${resourceId})`).join(', ');
  throw failureOf('machine_ambiguous', `${nameOrId} is the name of ${which}`);
}

/**
 * The id of the machine that a person means, asking for nothing that follows from what was typed:
 *  1. an ARM resource id, from which our id follows;
 *  2. our id;
 *  3. a name among the machines that the person may see, in any case of letters.
 * Throws `machine_unknown`, `machine_ambiguous`, or the API's own problem.
 */
export async function findMachineId(api: Api, nameOrId: string): Promise<string> {
  const id = idIn(nameOrId);
  if (id !== undefined) return id;
  const found: Named[] = [];
  for await (const { value } of machinePages(api, { search: nameOrId })) found.push(...value.value);
  return only(nameOrId, found);
}

/** The machine itself, found in the same way. */
export const findMachine = async (api: Api, nameOrId: string): Promise<Reply<MachineReply>> =>
  api.getMachine(await findMachineId(api, nameOrId));

/** The same among those whose audit the person may read: an auditor need not see a machine. */
export async function findAuditedId(api: Api, nameOrId: string): Promise<string> {
  const id = idIn(nameOrId);
  if (id !== undefined) return id;
  const { value } = await api.listAuditedMachines();
  return only(
    nameOrId,
    value.value.map(({ machineId, name, resourceId }) => ({ id: machineId, name, resourceId })),
  );
}

import { isMachineId, machineIdOf } from '#shared/domain/machine-name.ts';
import type { MachineReply } from '#shared/protocol/api.ts';
import type { MachineRow } from '#shared/protocol/machine-list-api.ts';
import type { Api } from './api.ts';
import { failureOf } from './failure.ts';
import type { Reply } from './http-client.ts';
import { machinePages } from './list-machines.ts';

/**
 * The machine that a person means:
 *  1. an ARM resource id, from which our id follows;
 *  2. our id;
 *  3. a name among the machines that the person may see, in any case of letters.
 * Throws `machine_unknown`, `machine_ambiguous`, or the API's own problem.
 */
export async function findMachine(api: Api, nameOrId: string): Promise<Reply<MachineReply>> {
  if (nameOrId.startsWith('/')) return api.getMachine(machineIdOf(nameOrId));
  if (isMachineId(nameOrId)) return api.getMachine(nameOrId);
  const named: MachineRow[] = [];
  for await (const { value } of machinePages(api, { search: nameOrId }))
    named.push(...value.value.filter(({ name }) => name.toLowerCase() === nameOrId.toLowerCase()));
  const [machine] = named;
  if (!machine) throw failureOf('machine_unknown', `no machine that you may see has the name ${nameOrId}`);
  if (named.length > 1) {
    const which = named.map(({ id, resourceId }) => `${id} (${resourceId})`).join(', ');
    throw failureOf('machine_ambiguous', `${nameOrId} is the name of ${which}`);
  }
  return api.getMachine(machine.id);
}

/** The id alone, without asking where it follows from what was typed. */
export async function findMachineId(api: Api, nameOrId: string): Promise<string> {
  if (nameOrId.startsWith('/')) return machineIdOf(nameOrId);
  if (isMachineId(nameOrId)) return nameOrId;
  return (await findMachine(api, nameOrId)).value.id;
}

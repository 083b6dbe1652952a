import {
  type AccessDecision,
  type AccessRight,
  decideAccess,
  type EffectiveRoles,
  rolesAt,
} from '#shared/domain/access.ts';
import { AppError } from '#shared/domain/error.ts';
import { type MachineResource, parseMachineResource } from '#shared/domain/machine.ts';
import { machineIdOf } from '#shared/domain/machine-name.ts';
import type { FleetInstallRequest } from '#shared/protocol/fleet-api.ts';
import type { AppPorts } from '../ports.ts';
import type { Caller } from './authorization.ts';
import { maySee } from './machine-access.ts';
import { refuseFields } from './route.ts';

/** As many as one request may name. */
const most = 2_000;
const mostSubscriptions = 20;
const resourceGroup =
  /^\/subscriptions\/[0-9a-f-]{36}\/resourceGroups\/(?!\.{1,2}$)[\p{L}\p{N}_().-]{1,90}\/?$/iu;

export interface SelectedMachine extends MachineResource {
  machineId: string;
  /** Absent where the caller may not see it, or where there is no such subscription. */
  decide?: (right: AccessRight) => AccessDecision;
}

type Selection = FleetInstallRequest['select'];

/** Every id that is none of a machine is named at once. */
function parseList(resourceIds: readonly string[]): MachineResource[] {
  const errors: { field: string; message: string }[] = [];
  const parsed = resourceIds.flatMap((text, index) => {
    try {
      return [parseMachineResource(text)];
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      errors.push({ field: `select.resourceIds.${index}`, message: error.message });
      return [];
    }
  });
  if (errors.length > 0) throw refuseFields(errors.slice(0, 20));
  return parsed;
}

async function readList(ports: AppPorts, select: Selection): Promise<MachineResource[]> {
  const { resourceIds, resourceGroup: group, tag } = select;
  if (resourceIds) return parseList(resourceIds);
  if (group !== undefined && !resourceGroup.test(group))
    throw refuseFields([
      { field: 'select.resourceGroup', message: 'must be /subscriptions/{id}/resourceGroups/{name}' },
    ]);
  const scope = group?.replace(/\/$/, '') ?? `/subscriptions/${tag?.subscriptionId ?? ''}`;
  const listed = await ports.directory.listMachines(scope);
  // Names of tags are the same in any case, values are not.
  const name = tag?.name.toLowerCase();
  const chosen = listed.filter(
    ({ tags }) =>
      !tag || Object.entries(tags).some(([key, value]) => key.toLowerCase() === name && value === tag.value),
  );
  return parseList(chosen.map(({ resourceId }) => resourceId));
}

/** Who begins an install is not refused by roles that are older. */
const currentMs = 2_000;
const none: EffectiveRoles = { grants: [], denials: [] };

/** The caller's roles at each of these machines; none where there is no such subscription. Each is asked for once. */
export async function rolesOver(
  ports: AppPorts,
  caller: Caller,
  targets: readonly MachineResource[],
  maximumAgeMs?: number,
): Promise<(target: MachineResource) => EffectiveRoles> {
  const subscriptions = [...new Set(targets.map(({ subscriptionId }) => subscriptionId))];
  const read = (subscriptionId: string) => ports.roles.rolesIn(caller.id, subscriptionId, maximumAgeMs);
  const found = subscriptions.map(async (subscriptionId) => {
    try {
      const tenant = await ports.resources.tenantOf(subscriptionId);
      const isMine = tenant.toLowerCase() === caller.tenantId.toLowerCase();
      return [subscriptionId, isMine ? await read(subscriptionId) : none] as const;
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'machine_not_found') throw error;
      return [subscriptionId, none] as const;
    }
  });
  const held = new Map(await Promise.all(found));
  return ({ subscriptionId, resourceId }) => rolesAt(held.get(subscriptionId) ?? none, resourceId);
}

/**
 * The machines that are meant, each once, with what the caller may do on it. Of a group or a tag those that he may see;
 * of a list all, because he has named them. Throws `machine_not_found` when there are none.
 */
export async function selectMachines(
  ports: AppPorts,
  caller: Caller,
  select: Selection,
): Promise<SelectedMachine[]> {
  const named = await readList(ports, select);
  const byId = new Map(named.map((one) => [machineIdOf(one.resourceId), one] as const).toReversed());
  const subscriptions = new Set(named.map(({ subscriptionId }) => subscriptionId));
  // Each costs a call of Azure Resource Manager, whoever it belongs to.
  if (subscriptions.size > mostSubscriptions)
    throw refuseFields([
      {
        field: 'select',
        message: `names ${subscriptions.size} subscriptions: at most ${mostSubscriptions} at a time`,
      },
    ]);
  const roles = await rolesOver(ports, caller, named, currentMs);
  const selected = [...byId].toReversed().map(([machineId, target]): SelectedMachine => {
    const here = roles(target);
    const mine = { ...target, machineId };
    return maySee(here, target.kind)
      ? { ...mine, decide: (right) => decideAccess(here, target.kind, right) }
      : mine;
  });
  const shown = select.resourceIds ? selected : selected.filter(({ decide }) => decide);
  if (shown.length === 0)
    throw new AppError('machine_not_found', 'there is no machine in it that you may see');
  if (shown.length > most)
    throw refuseFields([
      { field: 'select', message: `means ${shown.length} machines: at most ${most} at a time` },
    ]);
  return shown;
}

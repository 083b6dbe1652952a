import { decideRight } from '#orchestrations/decide-right.ts';
import type { InstallWishes } from '#orchestrations/put-together/orchestrator.ts';
import { decidePortRule } from '#shared/domain/access.ts';
import type { MachineDocument } from '#shared/domain/documents.ts';
import { AppError } from '#shared/domain/error.ts';
import { isSameAddress } from '#shared/domain/ip-network.ts';
import { isSameReach, reverse } from '#shared/domain/reach.ts';
import type { MachineNetwork } from '#shared/ports/machine-network.ts';
import type { RoleReader } from '#shared/ports/resource-manager.ts';

/**
 * The rule is written by the app's own identity: who asks for it has to hold the right to write it himself, or the right
 * to install would open any port of the network. Throws `access_denied` with the action that is missing.
 */
export async function requirePortRight(
  { network, roles }: { network: MachineNetwork; roles: RoleReader },
  machine: MachineDocument,
  wishes: InstallWishes,
  caller: { id: string; name: string },
): Promise<void> {
  const { portRule, reach: present = reverse } = machine;
  const reach = wishes.reach ?? present;
  if (reach.mode !== 'direct') return;
  // A rule of ours goes along with address and port.
  const isFollowing =
    portRule?.isOurs === true && (portRule.port !== wishes.port || !isSameReach(reach, present));
  if (!wishes.sources && !isFollowing) return;
  const addresses = await network.addressesOf(wishes.resourceId);
  const place = addresses.find(({ address }) => isSameAddress(address, reach.address));
  const group = place?.groups.find(({ guards }) => guards === 'interface');
  // Without a group nothing is written.
  if (!group) return;
  const subscriptionId = group.id.split('/')[2] ?? wishes.subscriptionId;
  const target = {
    principalId: caller.id,
    subscriptionId: subscriptionId.toLowerCase(),
    resourceId: group.id,
  };
  const { decision } = await decideRight(roles, target, decidePortRule);
  if (decision.allowed) return;
  throw new AppError(
    'access_denied',
    `no role gives you ${decision.missingAction} on the group of the network interface`,
    { facts: { missingAction: decision.missingAction, group: group.id } },
  );
}

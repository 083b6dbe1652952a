import { servicesIfAny } from '#orchestrations/found-before.ts';
import type { InstallWishes } from '#orchestrations/put-together/orchestrator.ts';
import type { MachineDocument } from '#shared/domain/documents.ts';
import { AppError } from '#shared/domain/error.ts';
import { judgeExtension } from '#shared/domain/extension-versions.ts';
import { isSameAddress, parseIpNetwork } from '#shared/domain/ip-network.ts';
import { defaultPorts } from '#shared/domain/machine.ts';
import { lostByReplacement } from '#shared/domain/manual-installation.ts';
import {
  type DirectReach,
  isSameReach,
  type PortSources,
  type Reach,
  reverse,
} from '#shared/domain/reach.ts';
import type { MachineNetwork } from '#shared/ports/machine-network.ts';
import type { HybridConnectivity, MachineExtension, RoleReader } from '#shared/ports/resource-manager.ts';
import type { InstallRequest } from '#shared/protocol/install-api.ts';
import { requirePortRight } from './port-right.ts';
import type { Settings } from './settings.ts';

export interface WishesPorts {
  network: MachineNetwork;
  extension: MachineExtension;
  connectivity: HybridConnectivity;
  roles: RoleReader;
  settings: Pick<Settings, 'ADMIN_CENTER_EXTENSION_DELIVERY'>;
}

type DirectWish = NonNullable<InstallRequest['direct']>;

const refusal = (field: string, message: string): AppError =>
  new AppError('invalid_request', `${field}: ${message}`, { facts: { errors: [{ field, message }] } });

/**
 * What an install is to do, from what was asked for and what there is. Throws `direct_mode_unsupported`,
 * `consent_required`, `invalid_request` where the machine lacks the address, and `access_denied` where the caller may
 * not open the port.
 */
export async function wishesOf(
  ports: WishesPorts,
  machine: MachineDocument,
  body: Partial<InstallRequest>,
  caller: { id: string; name: string },
): Promise<InstallWishes> {
  const { machineId, resourceId, subscriptionId, extension, reach: present = reverse } = machine;
  const isInstalled = extension?.installedAt !== undefined;
  const { manualInstallation } = machine;
  if (manualInstallation && !machine.replaceConsent && !isInstalled && !body.consent)
    throw new AppError('consent_required', manualInstallation.found, { facts: { lost: lostByReplacement } });

  const [port, reach, proxy] = await Promise.all([
    body.port ?? extension?.port ?? portOfOthers(ports, resourceId),
    reachOf(ports, machine, body.direct),
    proxyOf(ports, resourceId, body.proxy),
  ]);
  const sources = body.direct ? sourcesOf(body.direct) : undefined;
  const isMoving = isInstalled && reach !== undefined && !isSameReach(reach, present);
  const wishes: InstallWishes = {
    machineId,
    resourceId,
    subscriptionId,
    port,
    custody: body.keys ?? machine.custody ?? 'vault',
    // Resolvers remember where the old name led: the new way in gets a name that nobody has asked for yet.
    newName: isMoving || (body.newName ?? false),
    ...(reach && { reach }),
    ...(sources && { sources }),
    ...(proxy !== undefined && { proxy }),
    ...(body.signIn && { signIn: body.signIn }),
    ...(body.consent && { consent: { id: caller.id, name: caller.name } }),
  };
  await requirePortRight(ports, machine, wishes, caller);
  return wishes;
}

const isPort = (port: number | undefined): port is number =>
  port !== undefined && Number.isInteger(port) && port >= 1 && port <= 65_535;

/** Requirement 53: the port of what others installed or configured stays. */
async function portOfOthers({ extension, connectivity }: WishesPorts, resourceId: string): Promise<number> {
  const [seen, services] = await Promise.all([
    extension.read(resourceId),
    servicesIfAny(connectivity, resourceId),
  ]);
  const ofExtension = seen.state === 'absent' || seen.state === 'deleting' ? undefined : seen.port;
  return [ofExtension, services?.WAC].find(isPort) ?? defaultPorts.WAC;
}

/** Absent: as it is. Null: through the proxy. */
async function reachOf(
  { network }: WishesPorts,
  { kind, resourceId }: MachineDocument,
  direct: DirectWish | null | undefined,
): Promise<Reach | undefined> {
  if (direct === undefined) return undefined;
  if (direct === null) return reverse;
  if (kind !== 'azure-vm')
    throw new AppError('direct_mode_unsupported', 'the machine is no virtual machine of Azure');
  const found = (await network.addressesOf(resourceId)).find(({ address }) =>
    isSameAddress(address, direct.address),
  );
  if (!found) throw refusal('direct.address', 'must be an address of the machine');
  const { address, isPublic, listenOn } = found;
  return { mode: 'direct', address, isPublic, listenOn } satisfies DirectReach;
}

/** Only versions of the handler that take a proxy are told of one; of what is not there yet the newest is installed. */
async function proxyOf(
  { extension, settings }: WishesPorts,
  resourceId: string,
  proxy: string | null | undefined,
): Promise<string | null | undefined> {
  if (typeof proxy !== 'string') return proxy;
  if (settings.ADMIN_CENTER_EXTENSION_DELIVERY !== 'handler')
    throw refusal('proxy', 'is for the handler alone: this deployment brings the agent by a script');
  const seen = await extension.read(resourceId);
  if (seen.state !== 'absent' && !judgeExtension(seen.version).takesProxy)
    throw refusal('proxy', `is not taken by version ${seen.version} of the extension, only by newer ones`);
  return proxy;
}

/** Addresses of the other family cannot reach the machine, and no rule takes both. */
function sourcesOf({ address, sources, openToAnyone }: DirectWish): PortSources | undefined {
  if (openToAnyone) return 'any';
  if (!sources) return undefined;
  const family = parseIpNetwork(address)?.bits;
  const kept = sources.filter((source) => parseIpNetwork(source)?.bits === family);
  if (kept.length === 0)
    throw refusal('direct.sources', `must have an IPv${family === 32 ? 4 : 6} address, as the machine has`);
  return kept;
}

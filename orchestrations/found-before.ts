import type { FoundBefore, MachineDocument } from '#shared/domain/documents.ts';
import { AppError } from '#shared/domain/error.ts';
import type { ServiceName } from '#shared/domain/machine.ts';
import type { HybridConnectivity, MachineExtension } from '#shared/ports/resource-manager.ts';

interface FoundBeforePorts {
  connectivity: HybridConnectivity;
  extension: MachineExtension;
}

/** The configured ports; a provider that is not registered has none, and no endpoint. */
export async function servicesIfAny(
  connectivity: HybridConnectivity,
  resourceId: string,
): Promise<Partial<Record<ServiceName, number>> | undefined> {
  try {
    return await connectivity.findServiceConfigurations(resourceId);
  } catch (error) {
    if (error instanceof AppError && error.code === 'provider_not_registered') return undefined;
    throw error;
  }
}

/** What is there and not ours: the salt of our own install is in nobody else's settings. */
export async function findBefore(
  { connectivity, extension }: FoundBeforePorts,
  { resourceId, salt, endpoint }: MachineDocument,
): Promise<FoundBefore> {
  const [seen, services] = await Promise.all([
    extension.read(resourceId),
    servicesIfAny(connectivity, resourceId),
  ]);
  const configuredPort = services?.WAC === endpoint?.services.WAC ? undefined : services?.WAC;
  const isOther = seen.state !== 'absent' && (seen.salt === undefined || seen.salt !== salt);
  return {
    endpoint: services !== undefined && endpoint?.enabled !== true,
    ...(configuredPort !== undefined && { configuredPort }),
    ...(isOther && { extension: { ...(seen.port !== undefined && { port: seen.port }) } }),
  };
}

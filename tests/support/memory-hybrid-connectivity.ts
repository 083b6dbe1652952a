import { AppError } from '#shared/domain/error.ts';
import type { ServiceName } from '#shared/domain/machine.ts';
import type { HybridConnectivity } from '#shared/ports/resource-manager.ts';

/** Endpoints by resource id, each with the ports of its services; nothing of it answers where it is not registered. */
export function createMemoryHybridConnectivity(isRegistered: (subscriptionId: string) => boolean) {
  const endpoints = new Map<string, Partial<Record<ServiceName, number>>>();
  const requireRegistered = (resourceId: string) => {
    const [, , subscriptionId = ''] = resourceId.split('/');
    if (!isRegistered(subscriptionId))
      throw new AppError('provider_not_registered', `${subscriptionId} has not registered the provider`);
  };
  return {
    endpoints,
    async putEndpoint(resourceId: string) {
      requireRegistered(resourceId);
      if (!endpoints.has(resourceId)) endpoints.set(resourceId, {});
    },
    async hasEndpoint(resourceId: string) {
      requireRegistered(resourceId);
      return endpoints.has(resourceId);
    },
    async removeEndpoint(resourceId: string) {
      endpoints.delete(resourceId);
    },
    async putServiceConfiguration(resourceId: string, service: ServiceName, port: number) {
      requireRegistered(resourceId);
      const services = endpoints.get(resourceId);
      if (!services) throw new AppError('endpoint_missing', `no endpoint on ${resourceId}`);
      services[service] = port;
    },
    async findServiceConfigurations(resourceId: string) {
      requireRegistered(resourceId);
      const services = endpoints.get(resourceId);
      return services && { ...services };
    },
    async removeServiceConfiguration(resourceId: string, service: ServiceName) {
      delete endpoints.get(resourceId)?.[service];
    },
  } satisfies HybridConnectivity & Record<string, unknown>;
}

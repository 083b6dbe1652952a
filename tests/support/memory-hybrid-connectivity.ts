import { AppError } from '#shared/domain/error.ts';
import type { ServiceName } from '#shared/domain/machine.ts';
import type { HybridConnectivity } from '#shared/ports/resource-manager.ts';

/** Endpoints by resource id, each with the ports of its services. */
export function createMemoryHybridConnectivity() {
  const endpoints = new Map<string, Partial<Record<ServiceName, number>>>();
  return {
    endpoints,
    async putEndpoint(resourceId: string) {
      if (!endpoints.has(resourceId)) endpoints.set(resourceId, {});
    },
    async hasEndpoint(resourceId: string) {
      return endpoints.has(resourceId);
    },
    async removeEndpoint(resourceId: string) {
      endpoints.delete(resourceId);
    },
    async putServiceConfiguration(resourceId: string, service: ServiceName, port: number) {
      const services = endpoints.get(resourceId);
      if (!services) throw new AppError('endpoint_missing', `no endpoint on ${resourceId}`);
      services[service] = port;
    },
    async findServiceConfigurations(resourceId: string) {
      const services = endpoints.get(resourceId);
      return services && { ...services };
    },
    async removeServiceConfiguration(resourceId: string, service: ServiceName) {
      delete endpoints.get(resourceId)?.[service];
    },
  } satisfies HybridConnectivity & Record<string, unknown>;
}

import { z } from 'zod';
import { AppError } from '#shared/domain/error.ts';
import { type ServiceName, serviceNames } from '#shared/domain/machine.ts';
import type { HybridConnectivity } from '#shared/ports/resource-manager.ts';
import type { ArmClient } from './arm-client.ts';
import { armStatus, orMissing } from './arm-error.ts';

/** The version of Microsoft's own script (Microsoft.HybridConnectivity 2023-03-15). */
const apiVersion = '2023-03-15';

const endpointOf = (resourceId: string) =>
  `${resourceId}/providers/Microsoft.HybridConnectivity/endpoints/default`;
const serviceOf = (resourceId: string, service: ServiceName) =>
  `${endpointOf(resourceId)}/serviceConfigurations/${service}`;

const serviceConfiguration = z.object({
  properties: z.object({ serviceName: z.string(), port: z.number() }),
});

/** A provider that is not registered has nothing. */
const isUnregistered = (error: unknown): boolean =>
  error instanceof AppError && error.code === 'provider_not_registered';

async function orUnregistered<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if (isUnregistered(error)) return undefined;
    throw error;
  }
}

export function createArmHybridConnectivity({ arm }: { arm: ArmClient }): HybridConnectivity {
  /** Absent is success. */
  const remove = async (path: string): Promise<void> => {
    try {
      await arm.send({ method: 'DELETE', path, apiVersion });
    } catch (error) {
      if (armStatus(error) !== 404 && !isUnregistered(error)) throw error;
    }
  };

  return {
    async putEndpoint(resourceId) {
      const body = { properties: { type: 'default' } };
      await arm.send({ method: 'PUT', path: endpointOf(resourceId), apiVersion, body });
    },
    async hasEndpoint(resourceId) {
      const reading = arm.get(endpointOf(resourceId), apiVersion, z.object({ id: z.string() }));
      const found = await orUnregistered(orMissing(reading));
      return found !== undefined;
    },
    removeEndpoint: (resourceId) => remove(endpointOf(resourceId)),
    async putServiceConfiguration(resourceId, service, port) {
      const path = serviceOf(resourceId, service);
      const body = { properties: { serviceName: service, port } };
      const reply = await orMissing(arm.send({ method: 'PUT', path, apiVersion, body }));
      if (!reply) throw new AppError('endpoint_missing', `${resourceId} has no endpoint`);
    },
    async findServiceConfigurations(resourceId) {
      const path = `${endpointOf(resourceId)}/serviceConfigurations`;
      const found = await orUnregistered(orMissing(arm.list(path, apiVersion, serviceConfiguration)));
      if (!found) return undefined;
      const ports: Partial<Record<ServiceName, number>> = {};
      for (const { properties } of found) {
        const service = serviceNames.find((name) => name === properties.serviceName);
        if (service) ports[service] = properties.port;
      }
      return ports;
    },
    removeServiceConfiguration: (resourceId, service) => remove(serviceOf(resourceId, service)),
  };
}

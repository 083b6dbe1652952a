import { z } from 'zod';
import { AppError } from '#shared/domain/error.ts';
import { parseMachineResource } from '#shared/domain/machine.ts';
import type { ResourceManager } from '#shared/ports/resource-manager.ts';
import type { ArmClient } from './arm-client.ts';
import { orMissing } from './arm-error.ts';
import { factReaders } from './machine-facts.ts';
import { remembered } from './remembered.ts';
import { createVirtualMachineSizes } from './virtual-machine-sizes.ts';

const resourcesApiVersion = '2021-04-01';
/** A subscription can move to another tenant; that takes hours and is rare. */
const tenantFreshMs = 60 * 60 * 1000;

const registrationState = z.enum([
  'NotRegistered',
  'Registering',
  'Registered',
  'Unregistering',
  'Unregistered',
]);

export function createArmResourceManager({ arm }: { arm: ArmClient }): ResourceManager {
  const sizes = createVirtualMachineSizes(arm);
  const tenants = new Map<string, () => Promise<string>>();
  const providerPath = (subscriptionId: string, namespace: string) =>
    `/subscriptions/${subscriptionId}/providers/${namespace}`;

  const readTenant = async (subscriptionId: string): Promise<string> => {
    const subscription = z.object({ tenantId: z.string() });
    const found = await orMissing(
      arm.get(`/subscriptions/${subscriptionId}`, resourcesApiVersion, subscription),
    );
    if (!found) throw new AppError('machine_not_found', `there is no subscription ${subscriptionId}`);
    return found.tenantId;
  };

  return {
    async tenantOf(subscriptionId) {
      const read = tenants.get(subscriptionId) ?? remembered(() => readTenant(subscriptionId), tenantFreshMs);
      const tenant = await read();
      // Only what exists is kept: anybody may ask for any id.
      tenants.set(subscriptionId, read);
      return tenant;
    },
    async providerState(subscriptionId, namespace) {
      const provider = z.object({ registrationState });
      const path = providerPath(subscriptionId, namespace);
      return (await arm.get(path, resourcesApiVersion, provider)).registrationState;
    },
    async registerProvider(subscriptionId, namespace) {
      const path = `${providerPath(subscriptionId, namespace)}/register`;
      await arm.send({ method: 'POST', path, apiVersion: resourcesApiVersion });
    },
    async findMachine(resourceId) {
      const { kind, subscriptionId } = parseMachineResource(resourceId);
      const { apiVersion, schema, query } = factReaders[kind];
      const found = await orMissing(arm.get(resourceId, apiVersion, schema, query));
      if (!found) return undefined;
      const { size, ...facts } = found;
      return size === undefined
        ? facts
        : { ...facts, memoryBytes: await sizes.memoryOf(subscriptionId, facts.location, size) };
    },
  };
}

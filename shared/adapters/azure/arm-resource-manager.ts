import { z } from 'zod';
import { AppError } from '#shared/domain/error.ts';
import { type MachineFacts, type MachineKind, parseMachineResource } from '#shared/domain/machine.ts';
import type { ResourceManager } from '#shared/ports/resource-manager.ts';
import type { ArmClient } from './arm-client.ts';
import { orMissing } from './arm-error.ts';
import { remembered } from './remembered.ts';

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

/** Sovereign clouds by their regions: the facts of a machine do not name its cloud. */
function cloudOf(location: string): string {
  if (/^china/i.test(location)) return 'AzureChinaCloud';
  if (/^us(gov|dod|sec|nat)/i.test(location)) return 'AzureUSGovernment';
  return 'AzureCloud';
}

function osTypeOf(text: string | undefined): MachineFacts['osType'] {
  const lower = text?.toLowerCase();
  return lower === 'windows' || lower === 'linux' ? lower : 'unknown';
}

const text = z.string().optional();
const arcMachine = z
  .object({
    location: z.string(),
    properties: z.object({
      status: z.string().default('Unknown'),
      osType: text,
      osName: text,
      osSku: text,
      osVersion: text,
      agentVersion: text,
      detectedProperties: z.object({ totalPhysicalMemoryInBytes: z.coerce.number().optional() }).optional(),
    }),
  })
  .transform(
    ({ location, properties: found }): MachineFacts => ({
      location,
      cloud: cloudOf(location),
      osType: osTypeOf(found.osType ?? found.osName),
      osName: found.osSku ?? found.osName ?? '',
      osVersion: found.osVersion ?? '',
      memoryBytes: found.detectedProperties?.totalPhysicalMemoryInBytes,
      agentVersion: found.agentVersion,
      status: found.status,
    }),
  );

const virtualMachine = z
  .object({
    location: z.string(),
    properties: z.object({
      storageProfile: z.object({ osDisk: z.object({ osType: text }).optional() }).optional(),
      instanceView: z
        .object({
          osName: text,
          osVersion: text,
          statuses: z.array(z.object({ code: z.string() })).default([]),
        })
        .optional(),
    }),
  })
  .transform(({ location, properties: { storageProfile, instanceView } }): MachineFacts => {
    const power = instanceView?.statuses.find(({ code }) => code.startsWith('PowerState/'));
    return {
      location,
      cloud: cloudOf(location),
      osType: osTypeOf(storageProfile?.osDisk?.osType),
      osName: instanceView?.osName ?? '',
      osVersion: instanceView?.osVersion ?? '',
      memoryBytes: undefined,
      agentVersion: undefined,
      status: power?.code.slice('PowerState/'.length) ?? 'unknown',
    };
  });

const cluster = z
  .object({
    location: z.string(),
    properties: z.object({
      status: z.string().default('Unknown'),
      reportedProperties: z.object({ clusterVersion: text }).optional(),
    }),
  })
  .transform(
    ({ location, properties: found }): MachineFacts => ({
      location,
      cloud: cloudOf(location),
      osType: 'windows',
      osName: 'Azure Stack HCI',
      osVersion: found.reportedProperties?.clusterVersion ?? '',
      memoryBytes: undefined,
      agentVersion: undefined,
      status: found.status,
    }),
  );

/** How the facts of each kind are read. */
const factReaders: Readonly<
  Record<MachineKind, { apiVersion: string; schema: z.ZodType<MachineFacts>; query?: Record<string, string> }>
> = {
  arc: { apiVersion: '2024-07-10', schema: arcMachine },
  'azure-vm': { apiVersion: '2024-07-01', schema: virtualMachine, query: { $expand: 'instanceView' } },
  'hci-cluster': { apiVersion: '2024-04-01', schema: cluster },
};

export function createArmResourceManager({ arm }: { arm: ArmClient }): ResourceManager {
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
    findMachine(resourceId) {
      const { apiVersion, schema, query } = factReaders[parseMachineResource(resourceId).kind];
      return orMissing(arm.get(resourceId, apiVersion, schema, query));
    },
  };
}

import { z } from 'zod';
import type { MachineFacts, MachineKind } from '#shared/domain/machine.ts';

/** Of a virtual machine the memory is that of its size, which is looked up. */
type PlatformFacts = MachineFacts & { size?: string | undefined };

/** Sovereign clouds by their regions: the facts of a machine do not name its cloud. */
function cloudOf(location: string): string {
  if (/^china/i.test(location)) return 'AzureChinaCloud';
  if (/^germany(central|northeast)$/i.test(location)) return 'AzureGermanCloud';
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
      vmId: text,
      detectedProperties: z.object({ totalPhysicalMemoryInBytes: z.coerce.number().optional() }).optional(),
    }),
  })
  .transform(
    ({ location, properties: found }): PlatformFacts => ({
      location,
      cloud: cloudOf(location),
      osType: osTypeOf(found.osType ?? found.osName),
      osName: found.osSku ?? found.osName ?? '',
      osVersion: found.osVersion ?? '',
      memoryBytes: found.detectedProperties?.totalPhysicalMemoryInBytes,
      agentVersion: found.agentVersion,
      status: found.status,
      ...(found.vmId && { vmId: found.vmId }),
    }),
  );

/** `Windows Server 2019` of the platform's own image `2019-Datacenter`; other images say nothing certain. */
function serverImage(image: { offer?: string | undefined; sku?: string | undefined } | undefined): string {
  const year = /^(\d{4})-/.exec(image?.sku ?? '')?.[1];
  return image?.offer?.toLowerCase() === 'windowsserver' && year !== undefined
    ? `Windows Server ${year}`
    : '';
}

const virtualMachine = z
  .object({
    location: z.string(),
    properties: z.object({
      vmId: text,
      hardwareProfile: z.object({ vmSize: text }).optional(),
      storageProfile: z
        .object({
          osDisk: z.object({ osType: text }).optional(),
          imageReference: z.object({ offer: text, sku: text }).optional(),
        })
        .optional(),
      instanceView: z
        .object({
          osName: text,
          osVersion: text,
          statuses: z.array(z.object({ code: z.string() })).default([]),
        })
        .optional(),
    }),
  })
  .transform(({ location, properties }): PlatformFacts => {
    const { vmId, hardwareProfile, storageProfile, instanceView } = properties;
    const power = instanceView?.statuses.find(({ code }) => code.startsWith('PowerState/'));
    return {
      location,
      cloud: cloudOf(location),
      osType: osTypeOf(storageProfile?.osDisk?.osType),
      // Its agent reports the name while it runs; before that the image says what it is.
      osName: instanceView?.osName ?? serverImage(storageProfile?.imageReference),
      osVersion: instanceView?.osVersion ?? '',
      memoryBytes: undefined,
      agentVersion: undefined,
      status: power?.code.slice('PowerState/'.length) ?? 'unknown',
      ...(vmId && { vmId }),
      size: hardwareProfile?.vmSize,
    };
  });

const cluster = z
  .object({
    location: z.string(),
    properties: z.object({
      status: z.string().default('Unknown'),
      reportedProperties: z
        .object({
          clusterVersion: text,
          nodes: z.array(z.object({ osName: text, memoryInGiB: z.number().optional() })).default([]),
        })
        .optional(),
    }),
  })
  .transform(({ location, properties: { status, reportedProperties } }): PlatformFacts => {
    const { clusterVersion, nodes = [] } = reportedProperties ?? {};
    const memories = nodes.flatMap(({ memoryInGiB }) => memoryInGiB ?? []);
    return {
      location,
      cloud: cloudOf(location),
      osType: 'windows',
      osName: nodes.find(({ osName }) => osName)?.osName ?? 'Azure Stack HCI',
      osVersion: clusterVersion ?? '',
      // It moves between the nodes: the smallest has to do.
      memoryBytes: memories.length > 0 ? Math.min(...memories) * 1024 ** 3 : undefined,
      agentVersion: undefined,
      status,
    };
  });

/** How the facts of each kind are read. */
export const factReaders: Readonly<
  Record<
    MachineKind,
    { apiVersion: string; schema: z.ZodType<PlatformFacts>; query?: Record<string, string> }
  >
> = {
  arc: { apiVersion: '2024-07-10', schema: arcMachine },
  'azure-vm': { apiVersion: '2024-07-01', schema: virtualMachine, query: { $expand: 'instanceView' } },
  'hci-cluster': { apiVersion: '2024-04-01', schema: cluster },
};

import { AppError } from './error.ts';

export type MachineKind = 'arc' | 'azure-vm' | 'hci-cluster';

/** The ARM resource types that can be managed, in lower case, and what we call them. */
const machineKinds: Readonly<Record<string, MachineKind>> = {
  'microsoft.hybridcompute/machines': 'arc',
  'microsoft.compute/virtualmachines': 'azure-vm',
  'microsoft.azurestackhci/clusters': 'hci-cluster',
};

export interface MachineResource {
  /** As given, without a final slash. */
  resourceId: string;
  kind: MachineKind;
  subscriptionId: string;
  resourceGroup: string;
  name: string;
}

/** Names as ARM allows them: nothing that would be another path, a query or a header once it is in a URL. */
const shape =
  /^\/subscriptions\/([0-9a-f-]{36})\/resourceGroups\/((?!\.{1,2}\/)[\p{L}\p{N}_().-]{1,90})\/providers\/([a-z.]+\/[a-z]+)\/([a-z0-9][\w.-]{0,63})$/iu;

/** Reads an ARM resource id of a machine. Throws `invalid_request` naming `resourceId`. */
export function parseMachineResource(text: string): MachineResource {
  const resourceId = text.replace(/\/$/, '');
  const [, subscriptionId, resourceGroup, type, name] = shape.exec(resourceId) ?? [];
  const kind = type === undefined ? undefined : machineKinds[type.toLowerCase()];
  if (!subscriptionId || !resourceGroup || !name || !kind) {
    throw new AppError('invalid_request', 'resourceId is not the id of a machine that can be managed', {
      facts: {
        errors: [
          {
            field: 'resourceId',
            message:
              'must be /subscriptions/{id}/resourceGroups/{name}/providers/{type}/{name} with type Microsoft.HybridCompute/machines, Microsoft.Compute/virtualMachines or Microsoft.AzureStackHCI/clusters',
          },
        ],
      },
    });
  }
  return { resourceId, kind, subscriptionId: subscriptionId.toLowerCase(), resourceGroup, name };
}

/**
 * Who a service on the machine takes a visitor for (C3): `virtual-account` is one that is made by his UPN and removed
 * after (79, 80); with `local` the service asks for an account of the machine itself (78).
 */
export const signIns = ['virtual-account', 'local'] as const;
export type SignIn = (typeof signIns)[number];

/** What Azure Resource Manager says of a machine. */
export interface MachineFacts {
  location: string;
  /** `AzureCloud`, `AzureChinaCloud`, `AzureUSGovernment`... */
  cloud: string;
  osType: 'windows' | 'linux' | 'unknown';
  /** For example `Windows Server 2022 Datacenter`. */
  osName: string;
  osVersion: string;
  memoryBytes: number | undefined;
  /** Version of the Arc agent; undefined for other kinds. */
  agentVersion: string | undefined;
  /** `Connected`, `Disconnected`, `Expired`...: as the platform reports it. */
  status: string;
  /** The platform's own id of the computer: it stays when the resource moves to another group or subscription. */
  vmId?: string | undefined;
}

export const serviceNames = ['WAC', 'SSH'] as const;
export type ServiceName = (typeof serviceNames)[number];

/** Requirements 47 and 50: the port that is used when none is given. */
export const defaultPorts: Readonly<Record<ServiceName, number>> = { WAC: 6516, SSH: 22 };

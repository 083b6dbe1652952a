import { createHash } from 'node:crypto';
import type { ResourceBody } from './resource-store.ts';

/** A resource that exists at start. It is written when it is missing or its content has changed. */
export interface SeedResource {
  id: string;
  body: ResourceBody;
}

export const resourceGroup = (subscriptionId: string, name: string, location: string): SeedResource => ({
  id: `/subscriptions/${subscriptionId}/resourceGroups/${name}`,
  body: { location, tags: {}, properties: { provisioningState: 'Succeeded' } },
});

/** A public DNS zone; its apex SOA and NS sets come with it. */
export const dnsZone = (groupId: string, zone: string): SeedResource => ({
  id: `${groupId}/providers/Microsoft.Network/dnszones/${zone}`,
  body: { location: 'global', tags: {}, properties: { zoneType: 'Public' } },
});

/** A relay namespace with its RootManageSharedAccessKey. */
export const relayNamespace = (groupId: string, name: string, location: string): SeedResource => ({
  id: `${groupId}/providers/Microsoft.Relay/namespaces/${name}`,
  body: {
    location,
    tags: {},
    sku: { name: 'Standard', tier: 'Standard' },
    properties: { provisioningState: 'Succeeded' },
  },
});

export interface ArcMachine {
  groupId: string;
  name: string;
  location: string;
  /** `windows` or `linux`. */
  osType: string;
  /** For example `Windows Server 2022 Datacenter`, or the distribution's own name. */
  osSku: string;
  osVersion: string;
  memoryBytes: number;
  cores: number;
  /** Version of the Connected Machine agent. */
  agentVersion: string;
  /** Default `Connected`. */
  status?: string;
  /** Object id of the machine's managed identity. */
  principalId: string;
  tenantId: string;
  fqdn?: string;
}

/** An Arc-enabled server with the facts that its agent reports. */
export function arcMachine(machine: ArcMachine): SeedResource {
  const { groupId, name, location, osSku, osVersion, memoryBytes, cores, tenantId, principalId } = machine;
  return {
    id: `${groupId}/providers/Microsoft.HybridCompute/machines/${name}`,
    body: {
      location,
      tags: {},
      identity: { type: 'SystemAssigned', principalId, tenantId },
      properties: {
        provisioningState: 'Succeeded',
        status: machine.status ?? 'Connected',
        displayName: name,
        machineFqdn: machine.fqdn ?? name,
        osName: machine.osType,
        osType: machine.osType,
        osSku,
        osVersion,
        agentVersion: machine.agentVersion,
        cloudMetadata: { provider: 'N/A' },
        detectedProperties: {
          cloudprovider: 'N/A',
          coreCount: String(cores),
          logicalCoreCount: String(cores),
          manufacturer: 'Sample',
          model: 'Sample machine',
          totalPhysicalMemoryInBytes: String(memoryBytes),
          totalPhysicalMemoryInGigabytes: String(Math.ceil(memoryBytes / 1024 ** 3)),
        },
      },
    },
  };
}

/** A name-based GUID: the same assignment has the same name at every start. */
function stableGuid(...parts: string[]): string {
  const hex = createHash('sha256').update(parts.join('|').toLowerCase()).digest('hex');
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `5${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-');
}

export function roleAssignment(assignment: {
  scope: string;
  /** GUID of a built-in or custom role. */
  roleDefinition: string;
  principalId: string;
  principalType: 'User' | 'Group' | 'ServicePrincipal';
  /** In Azure's own words (version 2.0). */
  condition?: string;
}): SeedResource {
  const { scope, roleDefinition, principalId, principalType, condition } = assignment;
  const subscription = /^\/subscriptions\/[^/]+/i.exec(scope)?.[0] ?? '';
  return {
    id: `${scope}/providers/Microsoft.Authorization/roleAssignments/${stableGuid(scope, roleDefinition, principalId)}`,
    body: {
      properties: {
        roleDefinitionId: `${subscription}/providers/Microsoft.Authorization/roleDefinitions/${roleDefinition}`,
        principalId: principalId.toLowerCase(),
        principalType,
        scope,
        ...(condition !== undefined && { condition, conditionVersion: '2.0' }),
      },
    },
  };
}

/** A role that counts once its principal has activated it. */
export function eligibleRole({
  scope,
  roleDefinition,
  principalId,
  principalType,
}: Parameters<typeof roleAssignment>[0]): SeedResource {
  const subscription = /^\/subscriptions\/[^/]+/i.exec(scope)?.[0] ?? '';
  return {
    id: `${scope}/providers/Microsoft.Authorization/roleEligibilitySchedules/${stableGuid('eligible', scope, roleDefinition, principalId)}`,
    body: {
      properties: {
        roleDefinitionId: `${subscription}/providers/Microsoft.Authorization/roleDefinitions/${roleDefinition}`,
        principalId: principalId.toLowerCase(),
        principalType,
        scope,
        status: 'Provisioned',
        startDateTime: new Date(0).toISOString(),
        endDateTime: null,
      },
    },
  };
}

/** Only the platform can make these, so seeding is the only way. */
export function denyAssignment(assignment: {
  scope: string;
  name: string;
  principalId: string;
  actions?: readonly string[];
  dataActions?: readonly string[];
}): SeedResource {
  const { scope, name, principalId, actions = [], dataActions = [] } = assignment;
  return {
    id: `${scope}/providers/Microsoft.Authorization/denyAssignments/${stableGuid(scope, name, principalId)}`,
    body: {
      properties: {
        denyAssignmentName: name,
        scope,
        doNotApplyToChildScopes: false,
        isSystemProtected: true,
        principals: [{ id: principalId, type: 'User' }],
        excludePrincipals: [],
        permissions: [{ actions, notActions: [], dataActions, notDataActions: [] }],
      },
    },
  };
}

import type {
  LocalAccount,
  LocalApplication,
  LocalGroup,
  LocalServicePrincipal,
} from '#local/entra/directory.ts';
import { auditRole } from '#shared/protocol/audit-api.ts';

/** The one sample tenant: everything that is fixed in a local run, and nothing that is secret. */
export const tenantId = '00000000-0000-4000-8000-00000000000a';
export const subscriptionId = '00000000-0000-4000-8000-000000000001';
export const resourceGroup = 'rg-local';
export const zone = 'wac.localhost';

const group = `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}`;
export const subscriptionScope = `/subscriptions/${subscriptionId}`;
export const resourceGroupId = group;
export const dnsZoneId = `${group}/providers/Microsoft.Network/dnsZones/${zone}`;
export const relayNamespace = 'local';
export const relayNamespaceId = `${group}/providers/Microsoft.Relay/namespaces/${relayNamespace}`;
export const vault = 'local';

const objectId = (kind: number, number: number) =>
  `00000000-0000-4000-8000-${String(kind).padStart(6, '0')}${String(number).padStart(6, '0')}`;

/** Client ids of the app registrations. */
export const apiClientId = objectId(1, 1);
export const portalClientId = objectId(1, 2);
export const commandLineClientId = objectId(1, 3);
export const apiScope = `api://${apiClientId}/user_impersonation`;
/** A loopback address with any port is registered for programs (RFC 8252 section 7.3). */
export const commandLineRedirect = 'http://localhost/signed-in';

/** Managed identities, one for each process. */
export const principals = {
  app: objectId(2, 1),
  proxy: objectId(2, 2),
  deployment: objectId(2, 3),
} as const;
export type PrincipalName = keyof typeof principals;

const adminLogin = 'Windows Admin Center Administrator Login';

/** One in the other: whoever is in the first is in the second. Roles are assigned on the resource group. */
export const groups: readonly (LocalGroup & { roles: readonly string[] })[] = [
  { objectId: objectId(6, 1), displayName: 'Help desk', memberOf: [objectId(6, 2)], roles: [] },
  { objectId: objectId(6, 2), displayName: 'Server operators', roles: ['Reader', adminLogin] },
];
const helpDesk = objectId(6, 1);

export interface SamplePerson extends LocalAccount {
  roles: readonly string[];
  /** Counts after an activation alone. */
  eligibleFor?: string;
  /** Has a condition, and so does not count. */
  conditional?: { role: string; condition: string };
}

/** People by what they are for; the roles are assigned on the subscription. */
export const accounts: readonly SamplePerson[] = [
  {
    objectId: objectId(3, 1),
    userPrincipalName: 'administrator@sample.localhost',
    displayName: 'Administrator',
    description: 'Contributor and Windows Admin Center Administrator Login: installs and connects',
    roles: ['Contributor', adminLogin],
  },
  {
    objectId: objectId(3, 2),
    userPrincipalName: 'operator@sample.localhost',
    displayName: 'Operator',
    description: 'Reader and Windows Admin Center Administrator Login: connects',
    roles: ['Reader', adminLogin],
  },
  {
    objectId: objectId(3, 3),
    userPrincipalName: 'owner@sample.localhost',
    displayName: 'Owner',
    description: 'Owner: installs, and may not connect',
    roles: ['Owner'],
  },
  {
    objectId: objectId(3, 4),
    userPrincipalName: 'stranger@sample.localhost',
    displayName: 'Stranger',
    description: 'No role: sees no machine',
    roles: [],
  },
  {
    objectId: objectId(3, 5),
    userPrincipalName: 'reader@sample.localhost',
    displayName: 'Reader',
    description: 'Reader: sees machines, and may not connect',
    roles: ['Reader'],
  },
  {
    objectId: objectId(3, 6),
    userPrincipalName: 'installer@sample.localhost',
    displayName: 'Installer',
    description: 'Contributor: installs, and may not connect',
    roles: ['Contributor'],
  },
  {
    objectId: objectId(3, 7),
    userPrincipalName: 'approver@sample.localhost',
    displayName: 'Approver',
    description: 'User Access Administrator: decides on leases, and may not connect',
    roles: ['User Access Administrator'],
  },
  {
    objectId: objectId(3, 8),
    userPrincipalName: 'auditor@sample.localhost',
    displayName: 'Auditor',
    description: 'No role in Azure and the app role Audit.Read: reads the audit, sees no machine',
    roles: [],
  },
  {
    objectId: objectId(3, 9),
    userPrincipalName: 'helpdesk@sample.localhost',
    displayName: 'Help desk agent',
    description: 'Connects by a group within a group: Help desk in Server operators',
    memberOf: [helpDesk],
    roles: [],
  },
  {
    objectId: objectId(3, 10),
    userPrincipalName: 'on-call@sample.localhost',
    displayName: 'On call',
    description:
      'Reader, and eligible for Windows Admin Center Administrator Login: connects once that is activated',
    roles: ['Reader'],
    eligibleFor: adminLogin,
  },
  {
    objectId: objectId(3, 11),
    userPrincipalName: 'contractor@sample.localhost',
    displayName: 'Contractor',
    description: 'Reader, and Windows Admin Center Administrator Login with a condition: that does not count',
    roles: ['Reader'],
    conditional: {
      role: adminLogin,
      condition: "@Resource[Microsoft.HybridCompute/machines:name] StringEquals 'server-01'",
    },
  },
];

export const applicationsFor = (apiOrigin: string): LocalApplication[] => [
  {
    clientId: apiClientId,
    displayName: 'Admin Center Control Plane',
    api: {
      identifierUri: `api://${apiClientId}`,
      scopes: ['user_impersonation'],
      roles: [{ value: auditRole, displayName: 'Read the audit of every machine' }],
    },
  },
  {
    clientId: portalClientId,
    displayName: 'Admin Center portal',
    redirectUris: [{ kind: 'spa', uri: `${apiOrigin}/portal/` }],
  },
  {
    clientId: commandLineClientId,
    displayName: 'Admin Center command line',
    redirectUris: [{ kind: 'public', uri: commandLineRedirect }],
  },
];

export const servicePrincipals: readonly LocalServicePrincipal[] = [
  { objectId: principals.app, appId: objectId(1, 11), displayName: 'Control plane app' },
  { objectId: principals.proxy, appId: objectId(1, 12), displayName: 'Proxy' },
  { objectId: principals.deployment, appId: objectId(1, 13), displayName: 'Deployment' },
];
/** `Directory.Read.All` of Microsoft Graph lets the app show names beside object ids. */
export const appRoleAssignments = [
  { principalId: objectId(3, 8), appId: apiClientId, role: auditRole },
  {
    principalId: principals.app,
    appId: '00000003-0000-0000-c000-000000000000',
    role: 'Directory.Read.All',
  },
] as const;

export const appIdOf = (principal: PrincipalName): string =>
  servicePrincipals.find((one) => one.objectId === principals[principal])?.appId ?? '';

export interface SampleMachine {
  name: string;
  resourceId: string;
  /** Identity of the machine itself. */
  principalId: string;
  clientId: string;
  /** Where its web application listens unless that port is taken. */
  preferredPort: number;
  /** Windows Admin Center is reached there by other ports than the one that it listens on, as direct mode needs. */
  isAppBehind?: boolean;
}

const machine = (number: number, name: string, preferredPort: number): SampleMachine => ({
  name,
  resourceId: `${group}/providers/Microsoft.HybridCompute/machines/${name}`,
  principalId: objectId(4, number),
  clientId: objectId(5, number),
  preferredPort,
});

export const sampleMachines: readonly SampleMachine[] = [
  machine(1, 'server-01', 6516),
  machine(2, 'server-02', 6517),
];

export const virtualMachine: SampleMachine = {
  name: 'vm-01',
  resourceId: `${group}/providers/Microsoft.Compute/virtualMachines/vm-01`,
  principalId: objectId(4, 101),
  clientId: objectId(5, 101),
  preferredPort: 6518,
  isAppBehind: true,
};

export const cluster: SampleMachine = {
  name: 'cluster-01',
  resourceId: `${group}/providers/Microsoft.AzureStackHCI/clusters/cluster-01`,
  principalId: objectId(4, 102),
  clientId: objectId(5, 102),
  preferredPort: 6519,
};

/** Machines of every kind; those beside the samples run when they are asked for by name. */
export const allMachines: readonly SampleMachine[] = [...sampleMachines, virtualMachine, cluster];

/** Throws a sentence that names those there are. */
export function machinesNamed(names: readonly string[]): SampleMachine[] {
  return names.map((name) => {
    const found = allMachines.find((one) => one.name === name);
    if (found) return found;
    const known = allMachines.map((one) => one.name).join(', ');
    throw new Error(`there is no sample machine ${name}: there are ${known}`);
  });
}

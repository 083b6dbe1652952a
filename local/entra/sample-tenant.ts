import { createHash } from 'node:crypto';
import type { DirectoryContent, LocalApplication, LocalAppRole } from './directory.ts';
import { type Application, type DirectoryObjects, idOf } from './objects.ts';

const created = new Date(0).toISOString();

/** Application permissions of Microsoft Graph that its operations here ask for. */
const graphRoles: readonly LocalAppRole[] = [
  { value: 'User.Read.All', displayName: "Read all users' full profiles" },
  { value: 'GroupMember.Read.All', displayName: 'Read all group memberships' },
  { value: 'Application.Read.All', displayName: 'Read all applications' },
  { value: 'Directory.Read.All', displayName: 'Read directory data' },
];

/** Microsoft's own APIs that every tenant has: application id, name, the scope that people are asked for, app roles. */
const microsoftApis = [
  [
    '00000003-0000-0000-c000-000000000000',
    'Microsoft Graph',
    'https://graph.microsoft.com',
    'User.Read',
    graphRoles,
  ],
  [
    '797f4846-ba00-4fd7-ba43-dac1f8f63013',
    'Windows Azure Service Management API',
    'https://management.azure.com',
    'user_impersonation',
    [],
  ],
] as const;

export const hashOf = (secret: string): string => createHash('sha256').update(secret).digest('base64url');

const urisOf = ({ redirectUris = [] }: LocalApplication, wanted: string) =>
  redirectUris.filter(({ kind }) => kind === wanted).map(({ uri }) => uri);

function toApplication(local: LocalApplication): Application {
  const { clientId, displayName, api, secrets = [], certificates = [] } = local;
  return {
    id: idOf(`application ${clientId}`),
    appId: clientId,
    displayName,
    createdDateTime: created,
    signInAudience: 'AzureADMyOrg',
    identifierUris: api ? [api.identifierUri] : [],
    api: {
      requestedAccessTokenVersion: api ? 2 : null,
      oauth2PermissionScopes: (api?.scopes ?? []).map((value) => ({
        id: idOf(`scope ${clientId} ${value}`),
        value,
        type: 'User',
        isEnabled: true,
        adminConsentDisplayName: value,
        adminConsentDescription: value,
      })),
    },
    appRoles: (api?.roles ?? []).map(({ value, displayName }) => ({
      id: idOf(`app role ${clientId} ${value}`),
      value,
      displayName,
      description: displayName,
      allowedMemberTypes: ['User', 'Application'],
      isEnabled: true,
    })),
    spa: { redirectUris: urisOf(local, 'spa') },
    web: { redirectUris: urisOf(local, 'web') },
    publicClient: { redirectUris: urisOf(local, 'public') },
    requiredResourceAccess: [],
    passwordCredentials: secrets.map((secret) => ({
      keyId: idOf(`secret ${clientId} ${hashOf(secret)}`),
      displayName: null,
      hint: secret.slice(0, 3),
      startDateTime: created,
      endDateTime: '2299-12-31T00:00:00Z',
      hash: hashOf(secret),
    })),
    keyCredentials: certificates.map((key) => ({
      keyId: idOf(`certificate ${key}`),
      displayName: null,
      type: 'AsymmetricX509Cert',
      usage: 'Verify',
      key,
    })),
    isSample: true,
  };
}

/** Puts applications, their service principals and Microsoft's own into the directory, once. */
export function seedTenant(objects: DirectoryObjects, content: DirectoryContent): void {
  const { applications, servicePrincipals = [] } = content;
  const microsoft = microsoftApis.map(([clientId, displayName, identifierUri, scope, roles]) => ({
    clientId,
    displayName,
    api: { identifierUri, scopes: [scope], roles },
  }));
  const given = new Set(servicePrincipals.map(({ appId }) => appId.toLowerCase()));
  for (const local of [...microsoft, ...applications]) {
    objects.seed('application', toApplication(local));
    const { clientId: appId, displayName } = local;
    if (!given.has(appId.toLowerCase()))
      objects.seed('servicePrincipal', {
        id: idOf(`service principal ${appId}`),
        appId,
        displayName,
        memberOf: [],
      });
  }
  for (const { objectId: id, appId, displayName, memberOf = [] } of servicePrincipals)
    objects.seed('servicePrincipal', { id, appId, displayName, memberOf });
  seedRoleAssignments(objects, content);
}

function seedRoleAssignments(objects: DirectoryObjects, { appRoleAssignments = [] }: DirectoryContent): void {
  for (const { principalId, appId, role } of appRoleAssignments) {
    const resource = objects.list('servicePrincipal').find((one) => one.appId === appId);
    const appRole = objects
      .list('application')
      .find((one) => one.appId === appId)
      ?.appRoles.find(({ value }) => value === role);
    if (!resource || !appRole) throw new Error(`the local tenant has no app role ${role} of ${appId}`);
    objects.seed('roleAssignment', {
      id: idOf(`role assignment ${principalId} ${appRole.id}`),
      principalId,
      resourceId: resource.id,
      appRoleId: appRole.id,
      createdDateTime: created,
    });
  }
}

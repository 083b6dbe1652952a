import type { InspectedTable } from '#local/kit/stand-in.ts';
import type { DeviceCodes } from './device-codes.ts';
import type { Directory } from './directory.ts';
import type { TokenIssuer } from './token-issuer.ts';

/** Who and what is in the tenant, and what it gave out; no secret and no token. */
export function inspectTenant(
  directory: Directory,
  devices: DeviceCodes,
  issuer: TokenIssuer,
): InspectedTable[] {
  const { accounts, groups, objects } = directory;
  const nameOf = (id: string) => directory.findServicePrincipal(id)?.displayName ?? id;
  return [
    {
      title: 'Accounts',
      columns: ['user name', 'name', 'groups', 'for'],
      rows: accounts.map(({ objectId, userPrincipalName, displayName, description = '' }) => {
        const held = directory.groupsOf(objectId).map((id) => directory.findGroup(id)?.displayName ?? id);
        return [userPrincipalName, displayName, held.join(', '), description];
      }),
    },
    {
      title: 'Groups',
      columns: ['name', 'object id'],
      rows: groups.map(({ displayName, objectId }) => [displayName, objectId]),
    },
    {
      title: 'Applications',
      columns: ['name', 'client id', 'redirect addresses', 'secrets', 'certificates'],
      rows: objects.list('application').map((one) => {
        const uris = [one.spa, one.web, one.publicClient].flatMap(({ redirectUris }) => redirectUris);
        const { displayName, appId, passwordCredentials, keyCredentials } = one;
        return [displayName, appId, uris.join(' '), passwordCredentials.length, keyCredentials.length];
      }),
    },
    {
      title: 'Consent',
      columns: ['application', 'for', 'api', 'scope'],
      rows: objects.list('permissionGrant').map(({ clientId, principalId, resourceId, scope }) => {
        const person =
          principalId === null
            ? 'everybody'
            : (directory.findAccount(principalId)?.displayName ?? principalId);
        return [nameOf(clientId), person, nameOf(resourceId), scope];
      }),
    },
    {
      title: 'Device codes that wait',
      columns: ['application', 'until'],
      rows: devices
        .pending()
        .map(({ clientId, expiresAt }) => [
          directory.findApplication(clientId)?.displayName ?? clientId,
          new Date(expiresAt).toISOString(),
        ]),
    },
    {
      title: 'Tokens since the start',
      columns: ['audience', 'count'],
      rows: [...issuer.issued()],
    },
  ];
}

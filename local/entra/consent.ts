import type { Directory } from './directory.ts';
import { EntraError } from './errors.ts';
import { parseScopes } from './scopes.ts';

/**
 * Throws 65001 unless somebody consented to these scopes for this person: an administrator for all, or for this one
 * (Graph: `oauth2PermissionGrants`). The applications of the sample tenant are consented to; signing in needs none.
 */
export function requireConsent(
  directory: Directory,
  clientId: string,
  objectId: string,
  scope: string,
): void {
  const { grant } = parseScopes(directory, scope);
  const application = directory.findApplication(clientId);
  if (!grant || !application || application.isSample) return;
  const resource = directory.principalOf(directory.findApi(grant.audience)?.appId ?? '');
  const client = directory.principalOf(clientId);
  const granted = new Set(
    directory.objects
      .list('permissionGrant')
      .filter((one) => client?.id === one.clientId && resource?.id === one.resourceId)
      .filter((one) => one.consentType === 'AllPrincipals' || one.principalId === objectId)
      .flatMap((one) => one.scope.split(' ')),
  );
  const missing = grant.scopes.find((name) => !granted.has(name));
  if (missing !== undefined)
    throw new EntraError(
      65001,
      `The user or administrator has not consented to use the application with ID '${clientId}' named ` +
        `'${application.displayName}': ${missing} of ${grant.audience}. Consent with oauth2PermissionGrants of Graph.`,
    );
}

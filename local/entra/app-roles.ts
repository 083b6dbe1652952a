import type { Directory } from './directory.ts';

/** Application id of Microsoft Graph in every tenant. */
const graphAppId = '00000003-0000-0000-c000-000000000000';
const isLocalGraph = (audience: string): boolean => /^https:\/\/graph\.localhost(:\d+)?$/.test(audience);

/**
 * Values of the API's app roles that were assigned to a user, a service principal, or a group that he is directly in: the
 * claim `roles`. Entra does not follow nested groups here.
 */
export function appRolesOf(directory: Directory, objectId: string, audience: string): string[] {
  const api = directory.findApi(isLocalGraph(audience) ? graphAppId : audience);
  const resource = api && directory.principalOf(api.appId);
  if (!api || !resource) return [];
  const held = directory.findAccount(objectId) ?? directory.findServicePrincipal(objectId);
  const holders = new Set([objectId, ...(held?.memberOf ?? [])].map((id) => id.toLowerCase()));
  const assigned = directory.objects
    .list('roleAssignment')
    .filter((one) => one.resourceId === resource.id && holders.has(one.principalId.toLowerCase()))
    .map(({ appRoleId }) => appRoleId);
  return api.appRoles
    .filter(({ id, isEnabled }) => isEnabled && assigned.includes(id))
    .map(({ value }) => value);
}

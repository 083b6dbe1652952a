import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { ServicePrincipal } from '../objects.ts';
import { collection, entity, type GraphCall, type GraphRoute, parseBody } from './graph-call.ts';
import { badRequest, GraphError, requireFound } from './graph-error.ts';

function renderPrincipal({ directory }: GraphCall, principal: ServicePrincipal) {
  const application = directory.findApplication(principal.appId);
  return {
    id: principal.id,
    appId: principal.appId,
    displayName: application?.displayName ?? principal.displayName,
    servicePrincipalType: application ? 'Application' : 'ManagedIdentity',
    accountEnabled: true,
    servicePrincipalNames: [principal.appId, ...(application?.identifierUris ?? [])],
    oauth2PermissionScopes: application?.api.oauth2PermissionScopes ?? [],
    appRoles: application?.appRoles ?? [],
  };
}

function requirePrincipal({ directory, id }: GraphCall): ServicePrincipal {
  const [, appId] = /^appId=(.+)$/.exec(id) ?? [];
  return requireFound(appId ? directory.principalOf(appId) : directory.findServicePrincipal(id), id);
}

const exists = (what: string) =>
  new GraphError(
    409,
    'Request_MultipleObjectsWithSameKeyValue',
    `${what} is already in use: another object with the same value exists.`,
  );

const grantParameters = z.object({
  clientId: z.string(),
  consentType: z.enum(['AllPrincipals', 'Principal']),
  principalId: z.string().nullish(),
  resourceId: z.string(),
  scope: z.string().max(3850),
});

const words = (scope: string) => scope.split(' ').filter(Boolean).join(' ');

const grantRoutes: readonly GraphRoute[] = [
  {
    method: 'GET',
    path: '/oauth2PermissionGrants',
    handle: (call) =>
      collection(
        call,
        'oauth2PermissionGrants',
        call.directory.objects.list('permissionGrant').map((one) => ({ ...one })),
      ),
  },
  {
    method: 'POST',
    path: '/oauth2PermissionGrants',
    handle(call) {
      const { directory } = call;
      const wanted = parseBody(call, grantParameters);
      const { clientId, resourceId, consentType } = wanted;
      requireFound(directory.findServicePrincipal(clientId), clientId);
      requireFound(directory.findServicePrincipal(resourceId), resourceId);
      const principalId = wanted.principalId ?? null;
      if ((consentType === 'Principal') !== (principalId !== null))
        throw badRequest('principalId is required with consentType Principal, and null with AllPrincipals.');
      if (principalId !== null) requireFound(directory.findAccount(principalId), principalId);
      const isSame = directory.objects
        .list('permissionGrant')
        .some(
          (one) =>
            one.clientId === clientId && one.resourceId === resourceId && one.principalId === principalId,
        );
      if (isSame) throw exists('Permission entry');
      const scope = words(wanted.scope);
      const grant = { id: randomUUID(), clientId, consentType, principalId, resourceId, scope };
      directory.objects.save('permissionGrant', grant);
      return entity(call, 'oauth2PermissionGrants', grant, 201);
    },
  },
  {
    method: 'GET',
    path: '/oauth2PermissionGrants/{id}',
    handle: (call) =>
      entity(call, 'oauth2PermissionGrants', {
        ...requireFound(call.directory.objects.find('permissionGrant', call.id), call.id),
      }),
  },
  {
    method: 'PATCH',
    path: '/oauth2PermissionGrants/{id}',
    handle(call) {
      const { objects } = call.directory;
      const grant = requireFound(objects.find('permissionGrant', call.id), call.id);
      const { scope } = parseBody(call, grantParameters.pick({ scope: true }));
      objects.save('permissionGrant', { ...grant, scope: words(scope) });
      return { status: 204 };
    },
  },
  {
    method: 'DELETE',
    path: '/oauth2PermissionGrants/{id}',
    handle(call) {
      const { objects } = call.directory;
      objects.remove('permissionGrant', requireFound(objects.find('permissionGrant', call.id), call.id).id);
      return { status: 204 };
    },
  },
];

const assignmentParameters = z.object({
  principalId: z.string(),
  resourceId: z.string(),
  appRoleId: z.guid(),
});

const assignmentRoutes: readonly GraphRoute[] = [
  {
    method: 'GET',
    path: '/servicePrincipals/{id}/appRoleAssignments',
    handle(call) {
      const { id } = requirePrincipal(call);
      const held = call.directory.objects.list('roleAssignment').filter((one) => one.principalId === id);
      return collection(
        call,
        'appRoleAssignments',
        held.map((one) => ({ ...one })),
      );
    },
  },
  {
    method: 'POST',
    path: '/servicePrincipals/{id}/appRoleAssignments',
    handle(call) {
      const { directory } = call;
      const { id } = requirePrincipal(call);
      const wanted = parseBody(call, assignmentParameters);
      if (wanted.principalId !== id)
        throw badRequest('principalId differs from the principal of the address.');
      const resource = requireFound(directory.findServicePrincipal(wanted.resourceId), wanted.resourceId);
      const roles = directory.findApplication(resource.appId)?.appRoles ?? [];
      if (!roles.some((role) => role.id === wanted.appRoleId))
        throw badRequest('Permission being assigned was not found on application.');
      const isSame = directory.objects
        .list('roleAssignment')
        .some((one) => one.principalId === id && one.appRoleId === wanted.appRoleId);
      if (isSame) throw exists('Permission entry');
      const createdDateTime = new Date(call.clock.now()).toISOString();
      const assignment = { id: randomUUID(), ...wanted, createdDateTime };
      directory.objects.save('roleAssignment', assignment);
      return entity(call, 'appRoleAssignments', assignment, 201);
    },
  },
  {
    method: 'DELETE',
    path: '/servicePrincipals/{id}/appRoleAssignments/{member}',
    handle(call) {
      const { objects } = call.directory;
      const assignment = requireFound(objects.find('roleAssignment', call.member), call.member);
      objects.remove('roleAssignment', assignment.id);
      return { status: 204 };
    },
  },
];

export const principalRoutes: readonly GraphRoute[] = [
  {
    method: 'GET',
    path: '/servicePrincipals',
    handle: (call) =>
      collection(
        call,
        'servicePrincipals',
        call.directory.objects.list('servicePrincipal').map((one) => renderPrincipal(call, one)),
      ),
  },
  {
    method: 'POST',
    path: '/servicePrincipals',
    handle(call) {
      const { directory } = call;
      const { appId } = parseBody(call, z.object({ appId: z.guid() }));
      const application = directory.findApplication(appId);
      if (!application)
        throw new GraphError(
          400,
          'Request_BadRequest',
          `When creating service principals, the appId ${appId} must reference an application of this tenant.`,
        );
      if (directory.principalOf(appId)) throw exists(`The service principal name ${appId}`);
      const { displayName } = application;
      const principal = { id: randomUUID(), appId: application.appId, displayName, memberOf: [] };
      directory.objects.save('servicePrincipal', principal);
      return entity(call, 'servicePrincipals', renderPrincipal(call, principal), 201);
    },
  },
  {
    method: 'GET',
    path: '/servicePrincipals/{id}',
    handle: (call) => entity(call, 'servicePrincipals', renderPrincipal(call, requirePrincipal(call))),
  },
  {
    method: 'DELETE',
    path: '/servicePrincipals/{id}',
    handle(call) {
      call.directory.objects.remove('servicePrincipal', requirePrincipal(call).id);
      return { status: 204 };
    },
  },
  ...grantRoutes,
  ...assignmentRoutes,
];

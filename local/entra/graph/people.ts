import { z } from 'zod';
import type { LocalAccount, LocalGroup } from '../directory.ts';
import { collection, entity, type GraphCall, type GraphRoute, parseBody } from './graph-call.ts';
import { GraphError, requireFound } from './graph-error.ts';

const renderUser = (account: LocalAccount) => ({
  id: account.objectId,
  displayName: account.displayName,
  userPrincipalName: account.userPrincipalName,
  mail: null,
  jobTitle: account.description ?? null,
});

const renderGroup = ({ objectId, displayName }: LocalGroup) => ({
  id: objectId,
  displayName,
  securityEnabled: true,
  mailEnabled: false,
});

const memberGroupsParameters = z.object({ securityEnabledOnly: z.boolean() });

/** Transitive, as the operation is defined. */
const memberGroups =
  (find: (call: GraphCall) => { objectId: string } | undefined): GraphRoute['handle'] =>
  (call) => {
    const { objectId } = requireFound(find(call), call.id);
    parseBody(call, memberGroupsParameters);
    return {
      status: 200,
      body: {
        '@odata.context': `${call.url.origin}/v1.0/$metadata#Collection(Edm.String)`,
        value: call.directory.groupsOf(objectId),
      },
    };
  };

const principalAt = ({ directory, id }: GraphCall) => {
  const principal = directory.findServicePrincipal(id);
  return principal && { objectId: principal.id };
};

export const peopleRoutes: readonly GraphRoute[] = [
  {
    method: 'GET',
    path: '/me',
    handle(call) {
      if (call.claims.idtyp === 'app')
        throw new GraphError(
          400,
          'BadRequest',
          '/me request is only valid with delegated authentication flow.',
        );
      const account = requireFound(call.directory.findAccount(call.claims.oid ?? ''), 'me');
      return entity(call, 'users', renderUser(account));
    },
  },
  {
    method: 'GET',
    path: '/users',
    handle: (call) => collection(call, 'users', call.directory.accounts.map(renderUser)),
  },
  {
    method: 'GET',
    path: '/users/{id}',
    handle: (call) =>
      entity(call, 'users', renderUser(requireFound(call.directory.findAccount(call.id), call.id))),
  },
  {
    method: 'GET',
    path: '/groups',
    handle: (call) => collection(call, 'groups', call.directory.groups.map(renderGroup)),
  },
  {
    method: 'GET',
    path: '/groups/{id}',
    handle: (call) =>
      entity(call, 'groups', renderGroup(requireFound(call.directory.findGroup(call.id), call.id))),
  },
  {
    method: 'GET',
    path: '/groups/{id}/members',
    handle(call) {
      const { objectId } = requireFound(call.directory.findGroup(call.id), call.id);
      const members = call.directory.accounts.filter(({ memberOf = [] }) => memberOf.includes(objectId));
      return collection(call, 'directoryObjects', members.map(renderUser));
    },
  },
  {
    method: 'POST',
    path: '/users/{id}/getMemberGroups',
    handle: memberGroups(({ directory, id }) => directory.findAccount(id)),
  },
  { method: 'POST', path: '/servicePrincipals/{id}/getMemberGroups', handle: memberGroups(principalAt) },
  {
    method: 'POST',
    path: '/directoryObjects/{id}/getMemberGroups',
    handle: memberGroups(
      (call) => call.directory.findAccount(call.id) ?? call.directory.findGroup(call.id) ?? principalAt(call),
    ),
  },
];

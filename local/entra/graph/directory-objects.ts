import { z } from 'zod';
import type { HttpReply } from '#local/kit/http-server.ts';
import { type GraphCall, type GraphRoute, parseBody } from './graph-call.ts';
import { GraphError } from './graph-error.ts';

const kinds = ['user', 'group', 'servicePrincipal'] as const;
type Kind = (typeof kinds)[number];

/** The least that reads one kind whole; each of `all` reads every kind. */
const readers: Readonly<Record<Kind, readonly string[]>> = {
  user: ['User.Read.All', 'User.ReadBasic.All'],
  group: ['GroupMember.Read.All', 'Group.Read.All'],
  servicePrincipal: ['Application.Read.All'],
};
const all = ['Directory.Read.All', 'Directory.ReadWrite.All'];

const parameters = z.object({
  ids: z.array(z.guid()).min(1).max(1000),
  types: z
    .array(z.enum([...kinds, 'directoryObject']))
    .min(1)
    .optional(),
});

const names = z.array(z.string()).default([]).catch([]);

/** Application permissions of a program, delegated ones of a person. */
function permissionsOf({ claims }: GraphCall): readonly string[] {
  return claims.idtyp === 'app' ? names.parse(claims['roles']) : (claims.scp ?? '').split(' ');
}

function findObject({ directory }: GraphCall, id: string): { kind: Kind; members: object } | undefined {
  const user = directory.findAccount(id);
  if (user && user.objectId.toLowerCase() === id.toLowerCase()) {
    const { objectId, displayName, userPrincipalName } = user;
    return { kind: 'user', members: { id: objectId, displayName, userPrincipalName, mail: null } };
  }
  const group = directory.findGroup(id);
  if (group)
    return {
      kind: 'group',
      members: { id: group.objectId, displayName: group.displayName, securityEnabled: true },
    };
  const principal = directory.findServicePrincipal(id);
  if (!principal) return undefined;
  const { id: objectId, appId, displayName } = principal;
  const servicePrincipalType = directory.findApplication(appId) ? 'Application' : 'ManagedIdentity';
  return { kind: 'servicePrincipal', members: { id: objectId, appId, displayName, servicePrincipalType } };
}

/** Of a kind that the caller may not read there is its type and its id, and null for the rest. */
const withheld = (members: object) =>
  Object.fromEntries(Object.entries(members).map(([name, value]) => [name, name === 'id' ? value : null]));

function getByIds(call: GraphCall): HttpReply {
  const { ids, types = ['directoryObject'] } = parseBody(call, parameters);
  const held = permissionsOf(call);
  const mayRead = (kind: Kind) => [...readers[kind], ...all].some((permission) => held.includes(permission));
  if (!kinds.some(mayRead))
    throw new GraphError(
      403,
      'Authorization_RequestDenied',
      'Insufficient privileges to complete the operation.',
    );
  const found = [...new Set(ids.map((id) => id.toLowerCase()))]
    .map((id) => findObject(call, id))
    .filter((one) => one !== undefined)
    .filter(({ kind }) => types.includes(kind) || types.includes('directoryObject'));
  return {
    status: 200,
    body: {
      '@odata.context': `${call.url.origin}/v1.0/$metadata#directoryObjects`,
      value: found.map(({ kind, members }) => ({
        '@odata.type': `#microsoft.graph.${kind}`,
        ...(mayRead(kind) ? members : withheld(members)),
      })),
    },
  };
}

export const directoryObjectRoutes: readonly GraphRoute[] = [
  { method: 'POST', path: '/directoryObjects/getByIds', handle: getByIds },
];

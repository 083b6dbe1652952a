import { generateKeyPairSync } from 'node:crypto';
import { importPKCS8, type JWTPayload } from 'jose';
import type { CallerVerifier } from '#functions/http/authorization.ts';
import { createCallerVerifier } from '#functions/http/authorization.ts';
import { readSettings } from '#functions/settings.ts';
import { signAgentCall } from '#shared/protocol/agent-token.ts';
import { auditRole } from '#shared/protocol/audit-api.ts';
import type { CallerName } from '#tools/routes/who-may-call.ts';
import { environment, type MemoryPorts } from '../memory-ports.ts';
import { grant } from '../sample-machine.ts';
import { jwkOf, keyId, makeToken, personClaims, programClaims, published } from '../token-forge.ts';

const see = ['Microsoft.HybridCompute/machines/read'];
const install = [
  'Microsoft.HybridCompute/machines/extensions/write',
  'Microsoft.HybridConnectivity/endpoints/write',
];
const approve = [
  'Microsoft.Authorization/roleAssignments/write',
  'Microsoft.Authorization/roleAssignments/read',
];
const connect = ['Microsoft.HybridCompute/machines/WACLoginAsAdmin/action'];

interface Held {
  id: string;
  actions: string[];
  dataActions?: string[];
  roles?: string[];
}

const idOf = (number: number) => `00000000-0000-4000-8000-0000000ca11${number}`;
/** Those who have an object id in the tenant, and what their roles give them at the subscription. */
type Known = Exclude<CallerName, 'no token' | 'malformed token' | 'wrong audience' | 'agent'>;
const people: Readonly<Record<Known, Held>> = {
  'no role': { id: idOf(0), actions: [] },
  reader: { id: idOf(1), actions: see },
  installer: { id: idOf(2), actions: [...see, ...install] },
  connecter: { id: idOf(3), actions: see, dataActions: connect },
  approver: { id: idOf(4), actions: [...see, ...approve] },
  auditor: { id: idOf(5), actions: [], roles: [auditRole] },
  application: {
    id: idOf(6),
    actions: [...see, ...install, ...approve],
    dataActions: connect,
    roles: [auditRole],
  },
  'proxy identity': { id: idOf(7), actions: [] },
};

export const idOfCaller = (name: Known): string => people[name].id;
export const proxyIdentity = people['proxy identity'].id;
const programs = new Set<CallerName>(['application', 'proxy identity']);

/** The real one, with the keys of the forge. */
export const verifierAt = (now: () => Date): CallerVerifier =>
  createCallerVerifier(readSettings({ ...environment }), now, async () => ({
    keys: [jwkOf(published, keyId)],
  }));

/** Gives each of them what he holds, at the whole of these subscriptions. */
export function grantRoles(ports: MemoryPorts, subscriptionIds: readonly string[]): void {
  for (const { id, actions, dataActions = [] } of Object.values(people)) {
    const permissions = { actions, dataActions };
    const grants = subscriptionIds.map((subscriptionId) => ({
      ...grant('a role', permissions, `/subscriptions/${subscriptionId}`),
      assignmentId: `/subscriptions/${subscriptionId}/assignments/${id}`,
    }));
    ports.roles.held.set(id, { grants, denials: [] });
  }
}

const agentKeys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const agentPem = agentKeys.privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
const agentJwk = agentKeys.publicKey.export({ format: 'jwk' });
/** As an agent's record has it. */
export const agentKey = JSON.stringify({ kty: 'EC', crv: 'P-256', x: agentJwk.x, y: agentJwk.y });

function claimsOf(name: CallerName, nowSeconds: number): JWTPayload {
  const found = Object.hasOwn(people, name) ? people[name as Known] : people['no role'];
  const roles = found.roles ? { roles: found.roles } : {};
  if (programs.has(name)) return { ...programClaims(nowSeconds), oid: found.id, sub: found.id, ...roles };
  return {
    ...personClaims(nowSeconds),
    oid: found.id,
    preferred_username: `${name.replace(' ', '-')}@example.test`,
    ...roles,
  };
}

export interface SignedRequest {
  method: string;
  path: string;
  body: string;
}

const made = new Map<string, string>();
/** The same token each time: making one takes longer than the whole request. */
function tokenOf(name: CallerName, nowSeconds: number): string {
  const key = `${name} ${nowSeconds}`;
  const token = made.get(key) ?? makeToken(claimsOf(name, nowSeconds));
  made.set(key, token);
  return token;
}

/** The value of `Authorization` that this caller sends; undefined for none. */
export async function authorizationOf(
  name: CallerName,
  nowSeconds: number,
  machineId: string,
  { method, path, body }: SignedRequest,
): Promise<string | undefined> {
  if (name === 'no token') return undefined;
  const base = claimsOf(name, nowSeconds);
  if (name === 'malformed token') return `Bearer ${makeToken(base).slice(0, -20)}`;
  if (name === 'wrong audience')
    return `Bearer ${makeToken(base, { claims: { aud: 'https://management.azure.com' } })}`;
  if (name !== 'agent') return `Bearer ${tokenOf(name, nowSeconds)}`;
  const call = { method, url: `https://api.test${path}`, body: Buffer.from(body) };
  const key = await importPKCS8(agentPem, 'ES256');
  return `Bearer ${await signAgentCall(key, machineId, call, nowSeconds)}`;
}

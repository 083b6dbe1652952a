import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import type { HybridConnections, RelayRight, SharedAccessRule } from '#local/kit/boundaries.ts';
import type { HttpReply } from '#local/kit/http-server.ts';
import { ArmError } from '../arm-error.ts';
import { composeBody } from '../generic-verbs.ts';
import type { Resource } from '../resource-store.ts';
import type { Provider, ProviderContext, ResourceCall, TypeRules } from '../type-rules.ts';

const apiVersions = ['2024-01-01', '2021-11-01', '2017-04-01'];
const rootRule = 'RootManageSharedAccessKey';
const rightsBody = z.object({
  properties: z.object({ rights: z.array(z.enum(['Listen', 'Send', 'Manage'])).min(1) }),
});
const connectionBody = z.object({
  properties: z
    .object({
      requiresClientAuthorization: z.boolean().default(true),
      userMetadata: z.string().max(1024).optional(),
    })
    .default({ requiresClientAuthorization: true }),
});
const keyBody = z.object({
  keyType: z.enum(['PrimaryKey', 'SecondaryKey']),
  key: z.string().min(1).optional(),
});

const namespaceType = 'Microsoft.Relay/namespaces';
const connectionType = `${namespaceType}/hybridConnections`;
const newKey = () => randomBytes(32).toString('base64');

function requireBody<T>(schema: z.ZodType<T>, call: ResourceCall): T {
  const parsed = schema.safeParse(call.body());
  if (parsed.success) return parsed.data;
  throw new ArmError(400, 'BadRequest', z.prettifyError(parsed.error).replaceAll('\n', ' '));
}

/** Relay namespaces, hybrid connections and their shared access rules; the keys live here and nowhere else. */
export function microsoftRelay(
  context: ProviderContext,
  relayHost: (namespace: string) => string,
): Provider & { hybridConnections: HybridConnections } {
  const { resources } = context;
  const deleted = new Set<(namespace: string, path: string) => void>();

  const keysOf = (rule: Resource): HttpReply => {
    const { primaryKey, secondaryKey } = rule.secret;
    const segments = rule.id.split('/');
    const namespace = segments[8] ?? '';
    const path = segments.length > 11 ? segments[10] : undefined;
    const connection = (key: unknown) =>
      `Endpoint=sb://${relayHost(namespace)}/;SharedAccessKeyName=${rule.name};SharedAccessKey=${key}${path ? `;EntityPath=${path}` : ''}`;
    return {
      status: 200,
      body: {
        keyName: rule.name,
        primaryKey,
        secondaryKey,
        primaryConnectionString: connection(primaryKey),
        secondaryConnectionString: connection(secondaryKey),
      },
    };
  };

  const ruleRules = (type: string): TypeRules => ({
    type,
    apiVersions,
    verbs: ['GET', 'LIST', 'PUT', 'DELETE'],
    statusOnCreate: 200,
    compose(call, existing) {
      const { rights } = requireBody(rightsBody, call).properties;
      if (rights.includes('Manage') && rights.length < 3)
        throw new ArmError(400, 'BadRequest', "The right 'Manage' needs 'Listen' and 'Send'.");
      return {
        body: { properties: { rights: [...new Set(rights)] } },
        secret: existing?.secret ?? { primaryKey: newKey(), secondaryKey: newKey() },
      };
    },
    actions: {
      listkeys: (_, rule) => keysOf(rule),
      regeneratekeys(call, rule) {
        const { keyType, key = newKey() } = requireBody(keyBody, call);
        const name = keyType === 'PrimaryKey' ? 'primaryKey' : 'secondaryKey';
        const { id, type: ruleType, body, secret } = rule;
        return keysOf(resources.put({ id, type: ruleType, body, secret: { ...secret, [name]: key } }));
      },
    },
  });

  const namespaces: TypeRules = {
    type: namespaceType,
    apiVersions,
    verbs: ['GET', 'LIST', 'PUT', 'PATCH', 'DELETE'],
    compose(call, existing) {
      const name = call.id.names.at(-1) ?? '';
      if (!/^[a-z][a-z0-9-]{4,48}[a-z0-9]$/i.test(name) && name !== 'local')
        throw new ArmError(400, 'BadRequest', `The namespace name '${name}' is not valid.`);
      const elsewhere = resources.findByName(namespaceType, name);
      if (elsewhere && elsewhere.key !== call.id.key)
        throw new ArmError(409, 'NamespaceUnavailable', `The namespace '${name}' is in use.`);
      const body = composeBody(call, existing);
      const own = {
        provisioningState: 'Succeeded',
        status: 'Active',
        serviceBusEndpoint: `https://${relayHost(name)}/`,
        metricId: `${context.subscriptionId}:${name.toLowerCase()}`,
      };
      return { body: { ...body, sku: { name: 'Standard', tier: 'Standard' }, properties: own } };
    },
    onWritten(namespace, existing) {
      if (existing) return;
      resources.put({
        id: `${namespace.id}/authorizationRules/${rootRule}`,
        type: `${namespaceType}/authorizationRules`,
        body: { properties: { rights: ['Listen', 'Manage', 'Send'] } },
        secret: { primaryKey: newKey(), secondaryKey: newKey() },
      });
    },
  };

  const connections: TypeRules = {
    type: connectionType,
    apiVersions,
    verbs: ['GET', 'LIST', 'PUT', 'DELETE'],
    statusOnCreate: 200,
    compose(call, existing) {
      const now = new Date(context.clock.now()).toISOString();
      const { properties } = requireBody(connectionBody, call);
      const { createdAt = now } = existing?.body.properties ?? {};
      return { body: { properties: { ...properties, createdAt, updatedAt: now, listenerCount: 0 } } };
    },
    onDeleted(connection) {
      const [namespace = '', , path = ''] = connection.key.split('/').slice(-3);
      context.afterCommit(() => {
        for (const callback of deleted) callback(namespace, path);
      });
    },
  };

  const rulesBelow = (resource: Resource, type: string): SharedAccessRule[] =>
    resources.list(type, resource.key).map((rule) => ({
      name: rule.name,
      rights: rule.body.properties['rights'] as RelayRight[],
      primaryKey: String(rule.secret['primaryKey']),
      secondaryKey: String(rule.secret['secondaryKey']),
    }));

  return {
    types: [
      namespaces,
      ruleRules(`${namespaceType}/authorizationRules`),
      connections,
      ruleRules(`${connectionType}/authorizationRules`),
    ],
    hybridConnections: {
      find(namespaceName, path) {
        const namespace = resources.findByName(namespaceType, namespaceName);
        const connection =
          namespace && resources.get(`${namespace.key}/hybridconnections/${path.toLowerCase()}`);
        if (!connection) return undefined;
        return {
          rules: [
            ...rulesBelow(connection, `${connectionType}/authorizationRules`),
            ...rulesBelow(namespace, `${namespaceType}/authorizationRules`),
          ],
        };
      },
      onDeleted: (callback) => void deleted.add(callback),
    },
  };
}

import { z } from 'zod';
import type { RelayNamespace } from '#shared/ports/relay-namespace.ts';
import { ruleNames } from '#shared/protocol/resource-names.ts';
import { type ArmClient, parseReply } from './arm-client.ts';
import { orMissing } from './arm-error.ts';
import { sharedAccessSignature } from './shared-access-signature.ts';

const apiVersion = '2021-11-01';
const keys = z.object({ keyName: z.string(), primaryKey: z.string() });

export function createArmRelayNamespace(options: {
  arm: ArmClient;
  /** `/subscriptions/.../Microsoft.Relay/namespaces/{name}`. */
  namespaceId: string;
  host: string;
  now(): Date;
}): RelayNamespace {
  const { arm, host, now } = options;
  const connectionOf = (path: string) =>
    `${options.namespaceId.replace(/\/$/, '')}/hybridConnections/${path}`;
  const listenRuleOf = (path: string) => `${connectionOf(path)}/authorizationRules/${ruleNames.relayListen}`;
  const put = (path: string, properties: object) =>
    arm.send({ method: 'PUT', path, apiVersion, body: { properties } });

  return {
    host,
    async ensureConnection(path) {
      await put(connectionOf(path), { requiresClientAuthorization: true });
      await put(listenRuleOf(path), { rights: ['Listen'] });
    },
    async listenToken(path, lifetimeSeconds) {
      const listKeys = `${listenRuleOf(path)}/listKeys`;
      const { body } = await arm.send({ method: 'POST', path: listKeys, apiVersion });
      const { keyName, primaryKey } = parseReply(keys, body, `POST ${listKeys}`);
      const resource = `http://${host.replace(/:\d+$/, '')}/${path}`;
      const expiresAt = Math.floor(now().getTime() / 1000) + lifetimeSeconds;
      return sharedAccessSignature(resource, keyName, primaryKey, expiresAt);
    },
    async removeConnection(path) {
      await orMissing(arm.send({ method: 'DELETE', path: connectionOf(path), apiVersion }));
    },
  };
}

import { randomBytes } from 'node:crypto';
import type { TokenCredential } from '@azure/identity';
import type {
  AuthorizationRule,
  ServiceBusAdministrationClient,
  ServiceBusClient,
  ServiceBusSender,
} from '@azure/service-bus';
import { AppError } from '#shared/domain/error.ts';
import type { MessageBus } from '#shared/ports/message-bus.ts';
import { agentQueueName, queueNames, ruleNames, topicNames } from '#shared/protocol/resource-names.ts';
import { sharedAccessSignature } from './shared-access-signature.ts';

export interface ServiceBusMessageBusOptions {
  /** Fully qualified namespace. */
  host: string;
  /** `sb://host:port` where the namespace is not at its host's standard port. */
  endpoint: string | undefined;
  credential: TokenCredential;
  now(): Date;
}

/** A hint that nobody took within this time is worthless: the agent re-reads its state every hour. */
const hintLifetimeMs = 60 * 60_000;
/** Whoever takes notifications may be away for a weekend and more. */
const notificationLifetimeMs = 14 * 24 * 60 * 60_000;
const maxDeliveryCount = 10;

const newKey = () => randomBytes(32).toString('base64');

const listenRule = (): AuthorizationRule => ({
  claimType: 'SharedAccessKey',
  keyName: ruleNames.agentListen,
  accessRights: ['Listen'],
  primaryKey: newKey(),
  secondaryKey: newKey(),
});

const codeOf = (error: unknown): string => {
  if (error === null || typeof error !== 'object') return '';
  if ('code' in error && typeof error.code === 'string') return error.code;
  return 'statusCode' in error ? String(error.statusCode) : '';
};
const isMissing = (error: unknown) =>
  ['MessagingEntityNotFound', 'MessageEntityNotFoundError', '404'].includes(codeOf(error));
const isPresent = (error: unknown) =>
  ['MessageEntityAlreadyExistsError', 'EntityAlreadyExists', '409'].includes(codeOf(error));

const unavailable = (error: unknown): AppError =>
  error instanceof AppError
    ? error
    : new AppError('message_bus_unavailable', 'Service Bus does not answer', { cause: error });

/** Hints on Service Bus, and tokens with which one agent reaches its own queue and the report queue alone. */
export function createServiceBusMessageBus(options: ServiceBusMessageBusOptions): MessageBus {
  const { host, endpoint, credential, now } = options;
  const address = endpoint === undefined ? host : new URL(endpoint).host;
  const senders = new Map<string, ServiceBusSender>();
  let clients: Promise<{ client: ServiceBusClient; admin: ServiceBusAdministrationClient }> | undefined;
  const connect = () =>
    (clients ??= import('@azure/service-bus').then((sdk) => ({
      client: new sdk.ServiceBusClient(
        host,
        credential,
        endpoint === undefined ? {} : { customEndpointAddress: endpoint },
      ),
      admin: new sdk.ServiceBusAdministrationClient(address, credential),
    })));

  async function send(entity: string, event: { id: string }, timeToLive = hintLifetimeMs): Promise<void> {
    const { client } = await connect();
    const sender = senders.get(entity) ?? client.createSender(entity);
    senders.set(entity, sender);
    await sender.sendMessages({
      body: event,
      messageId: event.id,
      contentType: 'application/cloudevents+json; charset=utf-8',
      timeToLive,
    });
  }

  async function closeSender(entity: string): Promise<void> {
    const sender = senders.get(entity);
    senders.delete(entity);
    await sender?.close();
  }

  /** Signed with the entity's own rule, for the entity alone. */
  async function tokenFor(queue: string, rule: string, expiresAt: number): Promise<string> {
    const { admin } = await connect();
    const { authorizationRules = [] } = await admin.getQueue(queue);
    const found = authorizationRules.find(({ keyName }) => keyName === rule);
    if (!found?.primaryKey)
      throw new AppError('configuration_incomplete', `queue ${queue} has no rule ${rule}`);
    return sharedAccessSignature(`http://${host}/${queue}`, rule, found.primaryKey, expiresAt);
  }

  return {
    async ensureAgentQueue(machineId) {
      const { admin } = await connect();
      try {
        await admin.createQueue(agentQueueName(machineId), {
          defaultMessageTimeToLive: 'PT1H',
          maxDeliveryCount,
          authorizationRules: [listenRule()],
        });
      } catch (error) {
        if (!isPresent(error)) throw unavailable(error);
      }
    },

    async removeAgentQueue(machineId) {
      const { admin } = await connect();
      await closeSender(agentQueueName(machineId));
      try {
        await admin.deleteQueue(agentQueueName(machineId));
      } catch (error) {
        if (!isMissing(error)) throw unavailable(error);
      }
    },

    async sendToAgent(machineId, event) {
      try {
        await send(agentQueueName(machineId), event);
      } catch (error) {
        await closeSender(agentQueueName(machineId));
        // Without a queue there is no agent to tell; what it must know it reads when it enrols.
        if (!isMissing(error)) throw unavailable(error);
      }
    },

    async sendToProxies(event) {
      try {
        await send(topicNames.proxyControl, event);
      } catch (error) {
        await closeSender(topicNames.proxyControl);
        throw unavailable(error);
      }
    },

    async notify(notification) {
      try {
        await send(topicNames.notifications, notification, notificationLifetimeMs);
      } catch (error) {
        await closeSender(topicNames.notifications);
        throw unavailable(error);
      }
    },

    async agentTokens(machineId, lifetimeSeconds) {
      const expiresAt = Math.floor(now().getTime() / 1000) + lifetimeSeconds;
      try {
        const [events, reports] = await Promise.all([
          tokenFor(agentQueueName(machineId), ruleNames.agentListen, expiresAt),
          tokenFor(queueNames.agentReports, ruleNames.agentSend, expiresAt),
        ]);
        return { events, reports };
      } catch (error) {
        throw unavailable(error);
      }
    },
  };
}

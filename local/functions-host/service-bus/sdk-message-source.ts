import {
  isServiceBusError,
  ServiceBusClient,
  type ServiceBusReceivedMessage,
  type ServiceBusReceiver,
  type ServiceBusSessionReceiver,
} from '@azure/service-bus';
import type { HostLog } from '../host-log.ts';
import type { ServiceBusSettings } from '../host-settings.ts';
import { connectionSetting } from './connection-setting.ts';
import type { BusMessage, MessageEntity, MessageSource } from './message-source.ts';

/** The client for a connection name: a connection string, or a namespace with the app's own identity. */
async function connect(connection: string, env: NodeJS.ProcessEnv): Promise<ServiceBusClient> {
  const { text, namespace, clientId: managedIdentityClientId } = connectionSetting(connection, env);
  if (text) return new ServiceBusClient(text);
  if (!namespace)
    throw new Error(`there is no setting '${connection}' and no '${connection}__fullyQualifiedNamespace'`);
  const { DefaultAzureCredential } = await import('@azure/identity');
  // A user-assigned identity is named by its client id.
  return new ServiceBusClient(
    namespace,
    new DefaultAzureCredential(managedIdentityClientId === undefined ? {} : { managedIdentityClientId }),
  );
}

function toBusMessage(message: ServiceBusReceivedMessage): BusMessage {
  const { body, messageId, correlationId, applicationProperties } = message;
  const text = (value: string | number | Buffer | undefined) =>
    value === undefined ? undefined : String(value);
  return {
    body: Buffer.isBuffer(body) ? body : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
    messageId: text(messageId),
    sessionId: message.sessionId,
    contentType: message.contentType,
    correlationId: text(correlationId),
    subject: message.subject,
    to: message.to,
    replyTo: message.replyTo,
    replyToSessionId: message.replyToSessionId,
    partitionKey: message.partitionKey,
    deadLetterSource: message.deadLetterSource,
    lockToken: message.lockToken,
    deliveryCount: (message.deliveryCount ?? 0) + 1,
    sequenceNumber: message.sequenceNumber?.toNumber() ?? 0,
    enqueuedAt: message.enqueuedTimeUtc,
    expiresAt: message.expiresAtUtc,
    applicationProperties: applicationProperties ?? {},
  };
}

/** Completes what was handled and abandons what failed; a lock that was lost leaves the message to its queue. */
async function settle(
  receiver: ServiceBusReceiver,
  message: ServiceBusReceivedMessage,
  handle: (message: BusMessage) => Promise<void>,
): Promise<void> {
  let handled = true;
  await handle(toBusMessage(message)).catch(() => {
    handled = false;
  });
  await (handled ? receiver.completeMessage(message) : receiver.abandonMessage(message));
}

export interface SdkMessageSourceOptions {
  env: NodeJS.ProcessEnv;
  settings: ServiceBusSettings;
  log: HostLog;
}

/** Receives with the official client, as the Service Bus extension's settings say. */
export function createSdkMessageSource({ env, settings, log }: SdkMessageSourceOptions): MessageSource {
  const complain = (entity: MessageEntity, error: unknown) =>
    log.line(
      'warning',
      `Message processing error (${entity.kind === 'queue' ? entity.queueName : `${entity.topicName}/${entity.subscriptionName}`}): ${error instanceof Error ? error.message : error}`,
    );
  const common = { receiveMode: 'peekLock', skipParsingBodyAsJson: true } as const;
  const renewal = { maxAutoLockRenewalDurationInMs: settings.maxAutoLockRenewalMs };

  function receivePlain(client: ServiceBusClient, entity: MessageEntity, handle: Handle) {
    const receiver =
      entity.kind === 'queue'
        ? client.createReceiver(entity.queueName, { ...common, ...renewal })
        : client.createReceiver(entity.topicName, entity.subscriptionName, { ...common, ...renewal });
    const running = new Set<Promise<void>>();
    const subscription = receiver.subscribe(
      {
        processMessage: async (message) => {
          const work = settle(receiver, message, handle);
          running.add(work);
          await work.finally(() => running.delete(work));
        },
        processError: async ({ error }) => complain(entity, error),
      },
      { autoCompleteMessages: false, maxConcurrentCalls: settings.maxConcurrentCalls },
    );
    return async () => {
      await subscription.close();
      await Promise.allSettled(running);
      await receiver.close();
    };
  }

  function receiveSessions(client: ServiceBusClient, entity: MessageEntity, handle: Handle) {
    const stopping = new AbortController();
    const active = new Set<Promise<void>>();
    const options = { ...common, ...renewal };
    const accept = (): Promise<ServiceBusSessionReceiver> => {
      const withSignal = { ...options, abortSignal: stopping.signal };
      return entity.kind === 'queue'
        ? client.acceptNextSession(entity.queueName, withSignal)
        : client.acceptNextSession(entity.topicName, entity.subscriptionName, withSignal);
    };
    const drainSession = async (receiver: ServiceBusSessionReceiver) => {
      try {
        while (!stopping.signal.aborted) {
          const [message] = await receiver.receiveMessages(1, {
            maxWaitTimeInMs: settings.sessionIdleTimeoutMs,
            abortSignal: stopping.signal,
          });
          if (!message) return;
          await settle(receiver, message, handle);
        }
      } finally {
        await receiver.close();
      }
    };
    const lane = async () => {
      while (!stopping.signal.aborted) {
        try {
          const session = drainSession(await accept());
          active.add(session);
          await session.finally(() => active.delete(session));
        } catch (error) {
          if (stopping.signal.aborted) return;
          // No session had a message for as long as the service waits: that is no error.
          if (
            isServiceBusError(error) &&
            (error.code === 'ServiceTimeout' || error.code === 'SessionCannotBeLocked')
          )
            continue;
          complain(entity, error);
          await new Promise((resolve) => setTimeout(resolve, 1_000));
        }
      }
    };
    for (let count = 0; count < settings.maxConcurrentSessions; count += 1) void lane();
    // A lane that waits for a session is not waited for: closing the client ends it.
    return async () => {
      stopping.abort();
      await Promise.allSettled(active);
    };
  }

  return {
    async receive(connection, entity, handle) {
      const client = await connect(connection, env);
      const stop = entity.sessions
        ? receiveSessions(client, entity, handle)
        : receivePlain(client, entity, handle);
      return {
        async close() {
          await stop();
          await client.close();
        },
      };
    },
  };
}

type Handle = (message: BusMessage) => Promise<void>;

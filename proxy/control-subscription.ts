import { randomBytes } from 'node:crypto';
import type { TokenCredential } from '@azure/identity';
import { ServiceBusAdministrationClient, ServiceBusClient } from '@azure/service-bus';
import { topicNames } from '#shared/protocol/resource-names.ts';
import type { ControlSource, Subscription } from './control.ts';

export interface SubscriptionOptions {
  /** Fully qualified namespace, for example `contoso.servicebus.windows.net`. */
  host: string;
  /** Where to connect instead, for example `https://local.servicebus.localhost:8444`. */
  endpoint: string | undefined;
  credential: TokenCredential;
}

/** An abandoned subscription (of a proxy that was killed) removes itself after this; a live one is never idle. */
const autoDeleteOnIdle = 'PT5M';
/** Older events say nothing that the state would not say. */
const defaultMessageTimeToLive = 'PT10M';

/**
 * A subscription of its own for each proxy process, so that each sees every event. Events count from the moment the
 * subscription exists, before its receiver is attached.
 */
export function createControlSubscriber(options: SubscriptionOptions): ControlSource['subscribe'] {
  const { host, endpoint, credential } = options;
  const topic = topicNames.proxyControl;
  const administrationHost = endpoint ? new URL(endpoint).host : host;
  const administration = new ServiceBusAdministrationClient(administrationHost, credential);

  return async ({ onEvent, onLost }): Promise<Subscription> => {
    const name = `proxy-${randomBytes(8).toString('hex')}`;
    await administration.createSubscription(topic, name, { autoDeleteOnIdle, defaultMessageTimeToLive });
    const client = new ServiceBusClient(host, credential, {
      ...(endpoint && { customEndpointAddress: endpoint }),
    });
    const receiver = client.createReceiver(topic, name, { receiveMode: 'receiveAndDelete' });
    receiver.subscribe({
      processMessage: async ({ body }) => onEvent(body),
      processError: async ({ error }) => onLost(error),
    });
    return {
      async close() {
        await client.close();
        await administration.deleteSubscription(topic, name);
      },
    };
  };
}

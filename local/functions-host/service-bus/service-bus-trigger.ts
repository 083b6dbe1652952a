import type { HostedFunction } from '../function-table.ts';
import type { RpcData } from '../rpc-data.ts';
import { messageData } from './message-data.ts';
import type { MessageEntity, MessageSource } from './message-source.ts';

export interface ServiceBusTriggerOptions {
  target: HostedFunction;
  source: MessageSource;
  run(
    target: HostedFunction,
    data: RpcData,
    triggerMetadata: Record<string, RpcData>,
    reason: string,
  ): Promise<unknown>;
}

function entityOf({ name, trigger }: HostedFunction): MessageEntity {
  const { queueName, topicName, subscriptionName, isSessionsEnabled } = trigger;
  const sessions = isSessionsEnabled === true;
  if (typeof queueName === 'string') return { kind: 'queue', queueName, sessions };
  if (typeof topicName === 'string' && typeof subscriptionName === 'string')
    return { kind: 'subscription', topicName, subscriptionName, sessions };
  throw new Error(`function '${name}': neither a queue nor a topic with a subscription is named`);
}

/** Starts to receive for one function; `close` takes no more messages and waits for those that are handled. */
export async function startServiceBusTrigger({ target, source, run }: ServiceBusTriggerOptions) {
  const entity = entityOf(target);
  const connection = target.trigger['connection'];
  const name = typeof connection === 'string' ? connection : 'ServiceBus';
  const where =
    entity.kind === 'queue' ? `'${entity.queueName}'` : `'${entity.topicName}/${entity.subscriptionName}'`;
  return source.receive(name, entity, async (message) => {
    const { data, triggerMetadata } = messageData(message, target.trigger['dataType'] === 'binary');
    await run(target, data, triggerMetadata, `(null) New ServiceBus message detected on ${where}.`);
  });
}

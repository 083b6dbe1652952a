import type { AgentEvent } from '#shared/protocol/events.ts';
import type { Logger } from '#shared/runtime/logger.ts';
import type { AccessTokens } from './access-tokens.ts';
import { receiveEvents } from './events.ts';
import type { MessageHosts } from './messages.ts';

export interface EventSubscriptionOptions {
  tokens: AccessTokens;
  signal: AbortSignal;
  now(): number;
  logger: Logger;
  onEvent(event: AgentEvent): Promise<void>;
  /** It is off the queue, or nothing more can be done about it. */
  onSettled(event: AgentEvent): void;
  onSubscribed(): void;
}

/** Receives this agent's events from wherever desired state says that they come. */
export interface EventSubscription {
  /** The same again changes nothing; undefined receives nothing. */
  aim(messages: MessageHosts | undefined): void;
  /** Resolves when nothing is received any more. */
  ended(): Promise<unknown>;
}

export function createEventSubscription(options: EventSubscriptionOptions): EventSubscription {
  const { tokens, signal, now, logger, onEvent, onSettled } = options;
  const running = new Set<Promise<void>>();
  let aimedAt: string | undefined;
  let current: AbortController | undefined;

  function receive(messages: MessageHosts, ending: AbortController): Promise<void> {
    return receiveEvents({
      messages,
      tokens,
      signal: AbortSignal.any([signal, ending.signal]),
      now,
      onEvent,
      onSettled,
      onSubscribed() {
        logger.log('agent.subscribed', { queue: messages.eventQueue });
        options.onSubscribed();
      },
      onLost: (error) => logger.log('agent.subscription_lost', { error }),
      onRefused: (reason) => logger.log('agent.event_refused', { reason }),
    });
  }

  return {
    aim(messages) {
      const wanted = messages && JSON.stringify(messages);
      if (wanted === aimedAt) return;
      aimedAt = wanted;
      current?.abort();
      current = undefined;
      if (!messages) return;
      current = new AbortController();
      const received = receive(messages, current);
      running.add(received);
      void received.finally(() => running.delete(received));
    },
    ended: () => Promise.all(running),
  };
}

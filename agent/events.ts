import { setTimeout as sleep } from 'node:timers/promises';
import type { ServiceBusReceivedMessage, ServiceBusReceiver } from '@azure/service-bus';
import { z } from 'zod';
import { type AgentEvent, agentEventSchema } from '#shared/protocol/events.ts';
import type { AccessTokens } from './access-tokens.ts';
import { createBackOff, pause } from './back-off.ts';
import type { MessageHosts } from './messages.ts';

/** CloudEvents 1.0 section 3.1: what any event has, of a type that we know or one that a later version sends. */
const anyEvent = z.looseObject({
  specversion: z.literal('1.0'),
  id: z.string().min(1),
  source: z.string().min(1),
  type: z.string().min(1),
});
const knownTypes: readonly string[] = agentEventSchema.options.map((option) => option.shape.type.value);

export type EventReading = { event: AgentEvent } | 'unknown' | 'malformed';

/** An event of a type that we do not know is no fault; one that breaks its own shape is. */
export function readEvent(body: unknown): EventReading {
  const envelope = anyEvent.safeParse(body);
  if (!envelope.success) return 'malformed';
  if (!knownTypes.includes(envelope.data.type)) return 'unknown';
  const event = agentEventSchema.safeParse(body);
  return event.success ? { event: event.data } : 'malformed';
}

export interface EventsOptions {
  messages: MessageHosts;
  tokens: AccessTokens;
  signal: AbortSignal;
  now(): number;
  /** The event is completed when this resolves and comes again when it rejects. */
  onEvent(event: AgentEvent): Promise<void>;
  /** It is off the queue, or nothing more can be done about it. */
  onSettled(event: AgentEvent): void;
  /** After each (re)connection: what was sent meanwhile may have expired, so state is worth reading. */
  onSubscribed(): void;
  onLost(error: unknown): void;
  onRefused(reason: string): void;
}

async function settle(
  receiver: ServiceBusReceiver,
  message: ServiceBusReceivedMessage,
  options: EventsOptions,
): Promise<void> {
  const reading = readEvent(message.body);
  if (reading === 'malformed') {
    options.onRefused('malformed');
    await receiver.deadLetterMessage(message, {
      deadLetterReason: 'malformed',
      deadLetterErrorDescription: 'the event has not the agreed shape',
    });
    return;
  }
  if (reading === 'unknown') options.onRefused('unknown type');
  else await options.onEvent(reading.event);
  try {
    await receiver.completeMessage(message);
  } finally {
    if (reading !== 'unknown') options.onSettled(reading.event);
  }
}

/** One subscription, until its token is to be renewed, it breaks, or the signal ends it. */
async function receiveOnce(options: EventsOptions, onConnected: () => void): Promise<void> {
  const held = await options.tokens.get();
  const { openBusClient } = await import('./messages.ts');
  const client = openBusClient(options.messages, held.events);
  const ended = new AbortController();
  const broken = Promise.withResolvers<never>();
  // The race below may be over when it breaks.
  broken.promise.catch(() => undefined);
  try {
    const receiver = client.createReceiver(options.messages.eventQueue);
    // Waits for the link, and for what came before it, so that a refusal is seen at once.
    const waiting = await receiver.receiveMessages(10, {
      maxWaitTimeInMs: 200,
      abortSignal: options.signal,
    });
    for (const message of waiting) await settle(receiver, message, options);
    onConnected();
    receiver.subscribe(
      {
        processMessage: (message) => settle(receiver, message, options),
        async processError({ error }) {
          broken.reject(error);
        },
      },
      { autoCompleteMessages: false },
    );
    options.onSubscribed();
    const renewal = sleep(Math.max(held.renewAt - options.now(), 0), undefined, {
      signal: AbortSignal.any([options.signal, ended.signal]),
      ref: false,
    });
    await Promise.race([renewal, broken.promise]);
  } finally {
    ended.abort();
    await client.close().catch(() => undefined);
  }
}

/** Receives the agent's own queue for as long as the process lives, through every failure. Resolves after the abort. */
export async function receiveEvents(options: EventsOptions): Promise<void> {
  const backOff = createBackOff();
  while (!options.signal.aborted) {
    try {
      await receiveOnce(options, () => backOff.reset());
    } catch (error) {
      if (options.signal.aborted) return;
      // The token may be what was refused.
      options.tokens.drop();
      options.onLost(error);
      await pause(backOff.nextMs(), options.signal);
    }
  }
}

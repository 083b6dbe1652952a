import { standardTier } from '../limits.ts';
import { ServiceBusError } from '../service-bus-error.ts';
import { EvaluationError } from '../sql/values.ts';
import type { EntityStore, Rule } from '../store/entity-store.ts';
import type { MessageStore, StoredMessage } from '../store/message-store.ts';
import type { SeenMessages } from '../store/seen-messages.ts';
import { deadLetter } from './dead-letter.ts';
import { type FilterView, filterViewOf } from './filter-view.ts';
import type { Arrival, Mailbox } from './mailbox.ts';
import type { LiveEntity, Namespace } from './namespace.ts';
import { applyAction } from './rule-action.ts';
import { matches } from './rule-filter.ts';

type Directory = Pick<Namespace, 'find' | 'now' | 'subscriptionsOf' | 'touch'>;

/** Brings messages to where they belong: a queue, the subscriptions of a topic, the target of a forwarding. */
export interface Delivery {
  /** Commits messages together; answers their sequence numbers, 0 in a topic. */
  deliver(target: LiveEntity, batch: readonly Arrival[]): number[];
  /** Moves a message to `path`, or to the transfer dead-letter queue when it cannot go there. */
  forward(source: Mailbox, transferDeadLetters: Mailbox, message: StoredMessage, path: string): void;
}

export function createDelivery(
  directory: Directory,
  entities: EntityStore,
  messages: MessageStore,
  seen: SeenMessages,
): Delivery {
  /** One copy for all rules without an action, and one for each with an action. */
  const copiesFor = (rules: readonly Rule[], message: Arrival, view: FilterView): Arrival[] => {
    const selecting = rules.filter(({ filter }) => matches(filter, view));
    const changed = selecting.flatMap(({ action }) =>
      action ? [{ ...message, ...applyAction(action, message) }] : [],
    );
    return changed.length < selecting.length ? [message, ...changed] : changed;
  };

  const offerTo = ({ mailbox, settings, entity }: LiveEntity, message: Arrival, view: FilterView) => {
    try {
      for (const copy of copiesFor(entities.rules(entity.id), message, view))
        if (settings.requiresSession && copy.sessionId === undefined)
          mailbox?.bury(copy, { reason: 'Session ID is null.', description: 'Session ID is null.' });
        else mailbox?.enqueue(copy);
    } catch (error) {
      if (!(error instanceof EvaluationError)) throw error;
      if (settings.deadLetterOnFilterError)
        mailbox?.bury(message, { reason: 'FilterEvaluationException', description: error.message });
    }
  };

  const publish = (topic: LiveEntity, message: Arrival): number => {
    const view = filterViewOf(message.bare);
    const { ttlMs } = topic.settings;
    const limited =
      ttlMs === undefined ? message : { ...message, ttlMs: Math.min(message.ttlMs ?? ttlMs, ttlMs) };
    for (const subscription of directory.subscriptionsOf(topic.entity)) offerTo(subscription, limited, view);
    return 0;
  };

  const put = (target: LiveEntity, message: Arrival) =>
    target.mailbox ? target.mailbox.enqueue(message) : publish(target, message);

  /** A message with an id that was seen within the window is accepted and goes nowhere. */
  const putOnce = (target: LiveEntity, message: Arrival): number => {
    const windowMs = target.settings.duplicateWindowMs;
    if (windowMs === undefined) return put(target, message);
    const now = directory.now();
    const present = seen.find(target.entity.id, message.messageId, now - windowMs);
    if (present !== undefined) return present;
    const sequence = put(target, message);
    seen.add(target.entity.id, message.messageId, sequence, now);
    return sequence;
  };

  let hops = 0;

  const obstacle = (path: string, message: StoredMessage): string | undefined => {
    if (hops > standardTier.forwardHops) return 'MaxTransferHopCountExceeded';
    const target = directory.find(path);
    if (!target || target.entity.kind === 'subscription') return 'TransferDestinationNotFound';
    if (!target.settings.maySend) return 'TransferDestinationDisabled';
    const lacksSession = target.settings.requiresSession && message.sessionId === undefined;
    return lacksSession ? 'Session ID is null.' : undefined;
  };

  const delivery: Delivery = {
    deliver(target, batch) {
      directory.touch(target);
      if (target.settings.requiresSession && batch.some(({ sessionId }) => sessionId === undefined))
        throw new ServiceBusError(
          'not_allowed',
          'The SessionId was not set on a message, and it cannot be sent to the entity. Entities that have session support enabled can only receive messages that have the SessionId set to a valid value.',
        );
      return messages.atomically(() => batch.map((message) => putOnce(target, message)));
    },
    forward(source, transferDeadLetters, message, path) {
      hops += 1;
      try {
        const reason = obstacle(path, message);
        const target = directory.find(path);
        if (reason !== undefined || !target) {
          const description = `The message could not be forwarded to '${path}'.`;
          return deadLetter(source, message, { reason, description }, transferDeadLetters);
        }
        const { durable, priority, ttlMs, annotations, bare, messageId, sessionId } = message;
        const { deadLetterSource, enqueuedSequence } = message;
        const kept = { durable, priority, ttlMs, annotations, bare, messageId, sessionId };
        messages.atomically(() => {
          messages.remove(source.id, message.sequence);
          delivery.deliver(target, [
            { ...kept, deadLetterSource, enqueuedSequence, scheduledFor: undefined },
          ]);
        });
      } finally {
        hops -= 1;
      }
    },
  };
  return delivery;
}

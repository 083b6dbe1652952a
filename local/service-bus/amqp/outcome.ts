import type { Settlement } from '../broker/settlement.ts';
import type { Outcome, Typed } from '../wire/rhea.ts';
import { itemsOf, mapEntries, type TypedEntry } from '../wire/sections.ts';

const textOf = (entries: readonly TypedEntry[], key: string): string | undefined => {
  const value = entries.find(([name]) => name === key)?.[1].value;
  return typeof value === 'string' ? value : undefined;
};

/** What a receiver's `rejected` says: the info map of its error (Service Bus protocol guide, "dead-letter"). */
function deadLetterOf(error: Typed | null | undefined): Settlement {
  const info = mapEntries(itemsOf(error)[2]);
  const named = new Set(['DeadLetterReason', 'DeadLetterErrorDescription']);
  return {
    kind: 'dead-letter',
    cause: {
      reason: textOf(info, 'DeadLetterReason'),
      description: textOf(info, 'DeadLetterErrorDescription'),
      properties: info.filter(([key, value]) => !named.has(key) && value.value !== null),
    },
  };
}

/** The settlement that an AMQP outcome stands for, or undefined for states that settle nothing. */
export function settlementOf(outcome: Outcome | undefined): Settlement | undefined {
  const [first, second, third] = outcome?.value ?? [];
  switch (outcome?.constructor.composite_type) {
    case 'accepted':
      return { kind: 'complete' };
    case 'rejected':
      return deadLetterOf(first);
    case 'released':
      return { kind: 'abandon', properties: [] };
    case 'modified':
      return { kind: second?.value === true ? 'defer' : 'abandon', properties: mapEntries(third) };
    default:
      return undefined;
  }
}

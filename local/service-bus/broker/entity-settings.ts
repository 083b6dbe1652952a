import { standardTier } from '../limits.ts';
import { ServiceBusError } from '../service-bus-error.ts';
import type { Entity, EntityKind } from '../store/entity-store.ts';
import { longestDuration, parseDuration } from '../wire/dotnet.ts';

interface Property {
  type: 'boolean' | 'integer' | 'duration' | 'text';
  /** What an entity has when its maker says nothing; absent means that the element is left out. */
  initial?: string;
  /** Cannot change after creation. */
  fixed?: true;
  /** The service has it; here only this value (or none) is taken. */
  only?: string;
}

const never: Property = { type: 'duration', initial: longestDuration };
const off: Property = { type: 'boolean', initial: 'false' };
const on: Property = { type: 'boolean', initial: 'true' };
const forward: Property = { type: 'text' };
const fixedOff: Property = { ...off, fixed: true };
const refusedOn: Property = { ...off, only: 'false', fixed: true };

const receiving = {
  LockDuration: { type: 'duration', initial: 'PT1M' },
  RequiresSession: fixedOff,
  DefaultMessageTimeToLive: never,
  DeadLetteringOnMessageExpiration: off,
  MaxDeliveryCount: { type: 'integer', initial: '10' },
  EnableBatchedOperations: on,
  Status: { type: 'text', initial: 'Active' },
  ForwardTo: forward,
  UserMetadata: { type: 'text' },
  ForwardDeadLetteredMessagesTo: forward,
  AutoDeleteOnIdle: never,
  EntityAvailabilityStatus: { type: 'text', initial: 'Available' },
} satisfies Record<string, Property>;

const sending = {
  MaxSizeInMegabytes: { type: 'integer', initial: '1024' },
  RequiresDuplicateDetection: fixedOff,
  DuplicateDetectionHistoryTimeWindow: { type: 'duration', initial: 'PT10M' },
  EnablePartitioning: refusedOn,
  EnableExpress: refusedOn,
  SupportOrdering: on,
  MaxMessageSizeInKilobytes: { type: 'integer', initial: '256', only: '256' },
} satisfies Record<string, Property>;

/** Every property of a description, by kind of entity, in the service's names. */
const propertiesOf: Readonly<Record<EntityKind, Readonly<Record<string, Property>>>> = {
  queue: { ...receiving, ...sending },
  topic: {
    ...sending,
    DefaultMessageTimeToLive: never,
    EnableBatchedOperations: on,
    Status: receiving.Status,
    UserMetadata: receiving.UserMetadata,
    AutoDeleteOnIdle: never,
    EntityAvailabilityStatus: receiving.EntityAvailabilityStatus,
    FilteringMessagesBeforePublishing: off,
    EnableSubscriptionPartitioning: refusedOn,
  },
  subscription: { ...receiving, DeadLetteringOnFilterEvaluationExceptions: on },
};

const patterns = { boolean: /^(true|false)$/i, integer: /^\d{1,9}$/, text: /^[\s\S]{0,1024}$/ } as const;

function requireValue(name: string, property: Property, value: string): void {
  const isRight =
    property.type === 'duration' ? parseDuration(value) !== undefined : patterns[property.type].test(value);
  if (!isRight)
    throw new ServiceBusError('argument', `The value '${value}' of ${name} is not a ${property.type}.`);
  if (property.only !== undefined && value.toLowerCase() !== property.only)
    throw new ServiceBusError(
      'not_implemented',
      `The local Service Bus lacks ${name} with the value '${value}'.`,
    );
}

function requireRanges(values: Readonly<Record<string, string>>): void {
  const lockMs = parseDuration(values['LockDuration'] ?? 'PT1M') ?? 0;
  if (lockMs <= 0 || lockMs > standardTier.lockDurationMs)
    throw new ServiceBusError('argument', 'LockDuration must be above zero and at most 5 minutes.');
  if (Number(values['MaxDeliveryCount'] ?? 1) < 1)
    throw new ServiceBusError('argument', 'MaxDeliveryCount must be at least 1.');
  const windowMs = parseDuration(values['DuplicateDetectionHistoryTimeWindow'] ?? 'PT10M') ?? 0;
  if (windowMs < standardTier.shortestDuplicateWindowMs || windowMs > standardTier.longestDuplicateWindowMs)
    throw new ServiceBusError(
      'argument',
      'DuplicateDetectionHistoryTimeWindow must be between 20 seconds and 7 days.',
    );
  if (values['ForwardTo'] && isTrue(values['RequiresSession']))
    throw new ServiceBusError(
      'argument',
      'SubCode=40000. ForwardTo cannot be set on an entity that requires sessions.',
    );
  if ((parseDuration(values['AutoDeleteOnIdle'] ?? longestDuration) ?? 0) < standardTier.autoDeleteOnIdleMs)
    throw new ServiceBusError('argument', 'AutoDeleteOnIdle must be at least 5 minutes.');
}

/**
 * The full set of properties from what a request names: what is missing is the service's default or, on an
 * update, stays as it is. Refuses unknown names, wrong values and what this stand-in lacks.
 */
export function completeProperties(
  kind: EntityKind,
  given: Readonly<Record<string, string>>,
  present?: Readonly<Record<string, string>>,
): Record<string, string> {
  const known = propertiesOf[kind];
  const values: Record<string, string> = {};
  for (const [name, property] of Object.entries(known)) {
    const before = present?.[name] ?? property.initial;
    const value = given[name] ?? before;
    if (value === undefined) continue;
    requireValue(name, property, value);
    if (present && property.fixed && value.toLowerCase() !== before?.toLowerCase())
      throw new ServiceBusError(
        'argument',
        `The value for the ${name} property of an existing entity cannot be changed.`,
      );
    values[name] = value;
  }
  const unknown = Object.keys(given).find((name) => !Object.hasOwn(known, name));
  if (unknown)
    throw new ServiceBusError(
      'not_implemented',
      `The local Service Bus lacks the ${kind} property ${unknown}.`,
    );
  requireRanges(values);
  return values;
}

/** What the broker reads of an entity's properties. Times in milliseconds; undefined means never. */
export interface EntitySettings {
  lockMs: number;
  maxDeliveryCount: number;
  requiresSession: boolean;
  ttlMs: number | undefined;
  deadLetterOnExpiry: boolean;
  autoDeleteOnIdleMs: number | undefined;
  mayReceive: boolean;
  /** A message whose id was seen within this time is taken and dropped. */
  duplicateWindowMs: number | undefined;
  /** Path of the queue or topic that takes what arrives here, or what is dead-lettered here. */
  forwardTo: string | undefined;
  forwardDeadLettersTo: string | undefined;
  deadLetterOnFilterError: boolean;
  maySend: boolean;
}

const span = (text: string | undefined): number | undefined =>
  text === undefined || text === longestDuration ? undefined : parseDuration(text);
const isTrue = (text: string | undefined) => text?.toLowerCase() === 'true';

/** Clients write the target as a URL of the namespace or as a path. */
const targetOf = (text: string | undefined): string | undefined =>
  text?.replace(/^[a-z]+:\/\/[^/]+/i, '').replaceAll(/^\/+|\/+$/g, '') || undefined;

export function settingsOf({ properties }: Pick<Entity, 'properties'>): EntitySettings {
  const status = properties['Status'] ?? 'Active';
  return {
    lockMs: span(properties['LockDuration']) ?? 60_000,
    maxDeliveryCount: Number(properties['MaxDeliveryCount'] ?? 10),
    requiresSession: isTrue(properties['RequiresSession']),
    ttlMs: span(properties['DefaultMessageTimeToLive']),
    deadLetterOnExpiry: isTrue(properties['DeadLetteringOnMessageExpiration']),
    autoDeleteOnIdleMs: span(properties['AutoDeleteOnIdle']),
    duplicateWindowMs: isTrue(properties['RequiresDuplicateDetection'])
      ? (span(properties['DuplicateDetectionHistoryTimeWindow']) ?? 600_000)
      : undefined,
    forwardTo: targetOf(properties['ForwardTo']),
    forwardDeadLettersTo: targetOf(properties['ForwardDeadLetteredMessagesTo']),
    deadLetterOnFilterError: isTrue(properties['DeadLetteringOnFilterEvaluationExceptions']),
    mayReceive: status === 'Active' || status === 'SendDisabled',
    maySend: status === 'Active' || status === 'ReceiveDisabled',
  };
}

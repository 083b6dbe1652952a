import { completeProperties } from '../broker/entity-settings.ts';
import type { LiveEntity, Namespace } from '../broker/namespace.ts';
import type { AuthorizationRule, EntityKind } from '../store/entity-store.ts';
import { child, textOf, type Xml } from './atom-xml.ts';
import { parseAuthorizationRules, renderAuthorizationRules } from './authorization-rules.ts';

export const elementOf: Readonly<Record<EntityKind, string>> = {
  queue: 'QueueDescription',
  topic: 'TopicDescription',
  subscription: 'SubscriptionDescription',
};

const countsNamespace = 'http://schemas.microsoft.com/netservices/2011/06/servicebus';
/** Elements that are no properties of their own, or that clients send back from an earlier answer. */
const notProperties = new Set([
  'AuthorizationRules',
  'DefaultRuleDescription',
  'SizeInBytes',
  'MessageCount',
  'CountDetails',
  'SubscriptionCount',
  'CreatedAt',
  'UpdatedAt',
  'AccessedAt',
  'IsAnonymousAccessible',
]);

export interface Description {
  properties: Record<string, string>;
  authorizationRules: readonly AuthorizationRule[];
}

/** A description of a request body, completed with defaults or, on an update, with what is there. */
export function parseDescription(
  kind: EntityKind,
  description: Xml | undefined,
  present?: Pick<LiveEntity['entity'], 'properties' | 'authorizationRules'>,
): Description {
  const given: Record<string, string> = {};
  if (typeof description === 'object')
    for (const name of Object.keys(description))
      if (!name.startsWith('@') && name !== '#text' && !notProperties.has(name))
        given[name] = textOf(child(description, name)) ?? '';
  const rules = child(description, 'AuthorizationRules');
  return {
    properties: completeProperties(kind, given, present?.properties),
    authorizationRules:
      rules === undefined ? (present?.authorizationRules ?? []) : parseAuthorizationRules(rules),
  };
}

const nothing = { active: 0, scheduled: 0, bytes: 0 };

function renderCounts(namespace: Namespace, live: LiveEntity): object {
  const { mailbox, transferDeadLetters, entity } = live;
  const waiting = mailbox ? namespace.messages.counts(mailbox.id) : nothing;
  const dead = mailbox?.deadLetters ? namespace.messages.counts(mailbox.deadLetters.id) : nothing;
  const unsent = transferDeadLetters ? namespace.messages.counts(transferDeadLetters.id) : nothing;
  return {
    SizeInBytes: String(waiting.bytes + dead.bytes + unsent.bytes),
    ...(mailbox
      ? { MessageCount: String(waiting.active + waiting.scheduled + dead.active + unsent.active) }
      : { SubscriptionCount: String(namespace.subscriptionsOf(entity).length) }),
    CountDetails: {
      '@xmlns:d2p1': countsNamespace,
      'd2p1:ActiveMessageCount': String(waiting.active),
      'd2p1:DeadLetterMessageCount': String(dead.active),
      'd2p1:ScheduledMessageCount': String(waiting.scheduled),
      'd2p1:TransferMessageCount': '0',
      'd2p1:TransferDeadLetterMessageCount': String(unsent.active),
    },
  };
}

/** Properties, policies, times and counts as the service describes an entity. */
export function renderDescription(namespace: Namespace, live: LiveEntity): Record<string, unknown> {
  const { entity } = live;
  return {
    ...entity.properties,
    ...(entity.kind !== 'subscription' && {
      AuthorizationRules: renderAuthorizationRules(entity.authorizationRules, entity.createdAt),
    }),
    ...renderCounts(namespace, live),
    CreatedAt: new Date(entity.createdAt).toISOString(),
    UpdatedAt: new Date(entity.updatedAt).toISOString(),
    AccessedAt: new Date(live.usedAt).toISOString(),
  };
}

import { ServiceBusError } from '../service-bus-error.ts';

/** What an administration URL names. Queue and topic names may hold slashes; the others may not. */
export type AdminTarget =
  | { kind: 'namespace' }
  | { kind: 'entities'; of: 'queue' | 'topic' }
  | { kind: 'entity'; path: string }
  | { kind: 'subscriptions'; topic: string }
  | { kind: 'subscription'; topic: string; name: string }
  | { kind: 'rules'; topic: string; subscription: string }
  | { kind: 'rule'; topic: string; subscription: string; name: string };

const decode = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new ServiceBusError('argument', 'The path is not percent-encoded as a URL.');
  }
};

/** JavaScript clients write `$Resources/Queues` and `Rules/`, .NET and Python clients `$Resources/queues` and `rules`. */
const subscriptionPattern = /^(.+?)\/subscriptions(?:\/([^/]+)(?:\/(rules)(?:\/([^/]+))?)?)?$/i;

export function parseAdminPath(pathname: string): AdminTarget {
  const path = decode(pathname).replaceAll(/^\/+|\/+$/g, '');
  const lower = path.toLowerCase();
  if (lower === '$namespaceinfo') return { kind: 'namespace' };
  if (lower === '$resources/queues') return { kind: 'entities', of: 'queue' };
  if (lower === '$resources/topics') return { kind: 'entities', of: 'topic' };
  const [, topic, subscription, rules, rule] = subscriptionPattern.exec(path) ?? [];
  if (topic === undefined) return { kind: 'entity', path };
  if (subscription === undefined) return { kind: 'subscriptions', topic };
  if (rules === undefined) return { kind: 'subscription', topic, name: subscription };
  if (rule === undefined) return { kind: 'rules', topic, subscription };
  return { kind: 'rule', topic, subscription, name: rule };
}

export const subscriptionPath = (topic: string, name: string): string => `${topic}/Subscriptions/${name}`;

/** The entity that a caller needs the Manage right on: the topic for what lies below it. */
export function guardedPath(target: AdminTarget): string {
  if (target.kind === 'entity') return target.path;
  if (target.kind === 'namespace' || target.kind === 'entities') return '';
  return target.topic;
}

import { standardTier } from '../limits.ts';
import { alreadyExists, entityNotFound, ServiceBusError } from '../service-bus-error.ts';
import type { Rule } from '../store/entity-store.ts';
import type { LiveEntity, Namespace } from './namespace.ts';

/** Rules of a subscription, for the ATOM administration and for `$management` alike. Names match without case. */
export interface Rules {
  list(subscription: LiveEntity): Rule[];
  add(subscription: LiveEntity, rule: Rule): void;
  replace(subscription: LiveEntity, rule: Rule): void;
  remove(subscription: LiveEntity, name: string): void;
}

const plainNamePattern = /^[\w$](?:[\w.-]*\w)?$/i;

/** The name of a subscription or rule. */
export function requirePlainName(name: string): void {
  requireName(name, plainNamePattern, standardTier.subscriptionNameLength);
}

export function requireName(name: string, pattern: RegExp, longest: number): void {
  if (name.length > longest || !pattern.test(name))
    throw new ServiceBusError(
      'argument',
      `'${name}' is no valid name: letters, digits, '.', '-' and '_', at most ${longest}.`,
    );
}

export function createRules({ entities }: Pick<Namespace, 'entities'>): Rules {
  const has = ({ entity }: LiveEntity, name: string) =>
    entities.rules(entity.id).some((rule) => rule.name.toLowerCase() === name.toLowerCase());
  const pathOf = ({ entity }: LiveEntity, name: string) => `${entity.path}/Rules/${name}`;
  return {
    list: ({ entity }) => entities.rules(entity.id),
    add(subscription, rule) {
      requirePlainName(rule.name);
      if (has(subscription, rule.name)) throw alreadyExists(pathOf(subscription, rule.name));
      entities.addRule(subscription.entity.id, rule);
    },
    replace(subscription, rule) {
      if (!has(subscription, rule.name)) throw entityNotFound(pathOf(subscription, rule.name));
      entities.addRule(subscription.entity.id, rule);
    },
    remove(subscription, name) {
      if (!has(subscription, name)) throw entityNotFound(pathOf(subscription, name));
      entities.removeRule(subscription.entity.id, name);
    },
  };
}

import { randomBytes } from 'node:crypto';
import { standardTier } from '../limits.ts';
import { ServiceBusError } from '../service-bus-error.ts';
import type { AuthorizationRule, Right } from '../store/entity-store.ts';
import { child, children, textOf, type Xml } from './atom-xml.ts';

const knownRights: readonly Right[] = ['Listen', 'Send', 'Manage'];
const wrong = (what: string) => new ServiceBusError('argument', what);

function parseRights(rule: Xml): Right[] {
  const names = children(child(rule, 'Rights'), 'AccessRights').map((xml) => textOf(xml) ?? '');
  const rights = knownRights.filter((right) => names.includes(right));
  if (rights.length !== names.length || rights.length === 0)
    throw wrong(`The access rights '${names.join(', ')}' are not some of Listen, Send and Manage.`);
  if (rights.includes('Manage') && rights.length !== knownRights.length)
    throw wrong('Manage permission should also include Send and Listen.');
  return rights;
}

const newKey = () => randomBytes(32).toString('base64');

/** The shared access policies of a description; a key that is left out is made. */
export function parseAuthorizationRules(xml: Xml | undefined): AuthorizationRule[] {
  const rules = children(xml, 'AuthorizationRule').map((rule) => {
    const keyName = textOf(child(rule, 'KeyName'));
    if (!keyName) throw wrong('An authorization rule needs a KeyName.');
    const claimType = textOf(child(rule, 'ClaimType'));
    if (claimType !== 'SharedAccessKey')
      throw new ServiceBusError(
        'not_implemented',
        `The local Service Bus lacks the claim type '${claimType}'.`,
      );
    return {
      keyName,
      rights: parseRights(rule),
      primaryKey: textOf(child(rule, 'PrimaryKey')) ?? newKey(),
      secondaryKey: textOf(child(rule, 'SecondaryKey')) ?? newKey(),
    };
  });
  if (new Set(rules.map(({ keyName }) => keyName)).size !== rules.length)
    throw wrong('Two authorization rules have the same KeyName.');
  if (rules.length > standardTier.rulesPerEntity)
    throw new ServiceBusError(
      'quota_exceeded',
      `An entity has at most ${standardTier.rulesPerEntity} authorization rules.`,
    );
  return rules;
}

export function renderAuthorizationRules(rules: readonly AuthorizationRule[], createdAt: number): object {
  const time = new Date(createdAt).toISOString();
  return {
    AuthorizationRule: rules.map((rule) => ({
      '@i:type': 'SharedAccessAuthorizationRule',
      ClaimType: 'SharedAccessKey',
      ClaimValue: 'None',
      Rights: { AccessRights: rule.rights },
      CreatedTime: time,
      ModifiedTime: time,
      KeyName: rule.keyName,
      PrimaryKey: rule.primaryKey,
      SecondaryKey: rule.secondaryKey,
    })),
  };
}

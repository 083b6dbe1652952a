import type { AccessReply, ExplainedRight, ExplainedService, PersonWithAccess } from '../api/replies.ts';
import { serviceNames } from './service.ts';

type Right = ExplainedRight['right'];
type Condition = ExplainedService['conditions'][number]['condition'];
type Scope = Pick<PersonWithAccess, 'scope' | 'scopeKind'>;

/** What each right lets one do; the order in which they are told. */
export const rights: Readonly<Record<Right, string>> = {
  'connect-wac': 'connect with Windows Admin Center',
  'connect-ssh': 'connect with SSH',
  install: 'install',
  approve: 'approve leases',
  'read-access': 'read who may',
  see: 'see the machine',
};

export const conditionNames: Readonly<Record<Condition, string>> = {
  role: 'Role',
  endpoint: 'Endpoint',
  configuration: 'Service configuration',
  lease: 'Lease',
  agent: 'Agent',
  'local policy': 'The machine’s own policy',
};

const obstacles: Readonly<Record<Condition, string>> = {
  role: 'no role gives it',
  endpoint: 'the machine has no endpoint',
  configuration: 'the endpoint has no service configuration for it',
  lease: 'it takes a lease',
  agent: 'the agent is not connected',
  'local policy': 'the machine’s own policy refuses it',
};

const levels: Readonly<Record<NonNullable<ExplainedService['level']>, string>> = {
  administrator: 'as an administrator',
  user: 'as a standard user',
  local: 'with a local account',
};

export const principalKinds: Readonly<Record<AccessReply['principal']['kind'], string>> = {
  user: 'person',
  group: 'group',
  application: 'application',
  unknown: 'principal',
};

export const nameOfPrincipal = ({ id, name }: Pick<AccessReply['principal'], 'id' | 'name'>): string =>
  name ?? id;

/** The name of an assignment's scope; the whole id is long and stands behind it. */
export function scopeWords({ scope, scopeKind }: Scope): string {
  const name = scope.replace(/\/$/, '').split('/').at(-1) ?? '';
  if (scopeKind === 'root') return 'everything (root)';
  if (scopeKind === 'resource') return 'this machine';
  // It is above the machine: there is one.
  return scopeKind === 'subscription' ? 'its subscription' : `${scopeKind} ${name}`;
}

/** May the principal connect now? One sentence, the first missing condition in it. */
export function serviceVerdict(
  { service, open, conditions, level }: ExplainedService,
  subject: string | undefined,
): string {
  const who = subject ?? 'You';
  const name = serviceNames[service];
  if (open) return `${who} may connect with ${name} now${level ? `, ${levels[level]}` : ''}.`;
  const [first, ...more] = conditions.filter(({ met }) => !met);
  if (!first) return `${who} may not connect with ${name} now.`;
  const rest =
    more.length === 0
      ? ''
      : `, and ${more.length} more ${more.length === 1 ? 'condition is' : 'conditions are'} not met`;
  return `${who} may not connect with ${name}: ${obstacles[first.condition]}${rest}.`;
}

const order = Object.keys(rights) as Right[];
const rank = ({ rights: given }: PersonWithAccess): number =>
  Math.min(order.length, ...given.map((right) => order.indexOf(right)));

/** Who may connect first, then by name. */
export const sortPeople = (people: readonly PersonWithAccess[]): PersonWithAccess[] =>
  people.toSorted(
    (one, other) =>
      rank(one) - rank(other) ||
      nameOfPrincipal(one.principal).localeCompare(nameOfPrincipal(other.principal)) ||
      one.role.localeCompare(other.role),
  );

export function pickPeople(people: readonly PersonWithAccess[], search: string): PersonWithAccess[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  return people.filter(({ principal, role, scope, through }) => {
    const text = [principal.name, principal.id, role, scope, through?.name].join(' ').toLowerCase();
    return words.every((word) => text.includes(word));
  });
}

export const rightsSentence = (given: readonly Right[]): string =>
  order
    .filter((right) => given.includes(right))
    .map((right) => rights[right])
    .join(', ');

export const isObjectId = (text: string): boolean =>
  /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text.trim());

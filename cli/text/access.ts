import type {
  AccessPeopleReply,
  AccessReply,
  ExplainedRight,
  ExplainedService,
} from '#shared/protocol/access-api.ts';
import type { Output } from '../output.ts';
import { renderTable } from './columns.ts';
import { formatMoment, withReadableTimes } from './moment.ts';
import { plain } from './plain.ts';

type Paint = Output['paint'];
type Grant = ExplainedRight['grantedBy'][number];

const signs = { met: '✓', unmet: '✗' } as const;
const services = { WAC: 'Windows Admin Center', SSH: 'SSH' } as const;
const levels = {
  administrator: 'as administrator',
  user: 'as an ordinary user',
  local: 'with an account of the machine',
} as const;

const rightNames: Readonly<Record<ExplainedRight['right'], string>> = {
  see: 'see the machine',
  install: 'install and remove',
  'connect-wac': 'connect to WAC',
  'connect-ssh': 'connect by SSH',
  approve: 'decide on leases',
  'read-access': 'read who may',
};
const nameWidth = Math.max(...Object.values(rightNames).map((name) => name.length));

const nameOf = ({ id, name }: { id: string; name?: string | undefined }): string => plain(name ?? id);

/** `Reader at the resource group (/subscriptions/…), through the group Operators, until …`. */
function describeGrant({ role, scope, scopeKind, through, endsAt }: Grant): string {
  const where = scopeKind === 'root' ? 'at the root' : `at the ${scopeKind} ${scope}`;
  return plain(
    [
      `${role} ${where}`,
      through && `through ${through.kind === 'group' ? 'the group ' : ''}${nameOf(through)}`,
      endsAt && `until ${formatMoment(endsAt)}`,
    ]
      .filter(Boolean)
      .join(', '),
  );
}

const mendLines = (
  mend: { sentence: string; commands: readonly string[] } | undefined,
  indent: string,
): string[] =>
  mend
    ? [`${indent}${plain(mend.sentence)}`, ...mend.commands.map((command) => `${indent}  ${plain(command)}`)]
    : [];

const signOf = (isMet: boolean, paint: Paint): string =>
  isMet ? paint('good', signs.met) : paint('bad', signs.unmet);

const pronoun = (isOwn: boolean) =>
  isOwn ? { subject: 'you', may: 'You may' } : { subject: 'they', may: 'They may' };

function serviceLines(
  { service, open, conditions, level }: ExplainedService,
  isOwn: boolean,
  paint: Paint,
): string[] {
  const { may } = pronoun(isOwn);
  const verdict = open
    ? `${may} connect now${level ? `, ${levels[level]}` : ''}.`
    : `${may} not connect now.`;
  const width = Math.max(...conditions.map(({ condition }) => condition.length));
  return [
    `${services[service]}: ${paint(open ? 'good' : 'bad', verdict)}`,
    ...conditions.flatMap(({ condition, met, detail, code, mend }) => [
      `  ${signOf(met, paint)} ${condition.padEnd(width)}  ${plain(withReadableTimes(detail))}${!met && code ? ` (${plain(code)})` : ''}`,
      ...(met ? [] : mendLines(mend, ' '.repeat(width + 6))),
    ]),
    '',
  ];
}

function rightLines(right: ExplainedRight, paint: Paint): string[] {
  const { allowed, grantedBy, deniedBy, passedOver, missingAction, mend } = right;
  const indent = ' '.repeat(nameWidth + 6);
  const reasons = allowed
    ? grantedBy.map(describeGrant)
    : [
        ...deniedBy.map(({ name, scope }) => `denied by ${plain(name)} at ${plain(scope)}`),
        ...(deniedBy.length === 0 && missingAction ? [`nothing gives ${plain(missingAction)}`] : []),
      ];
  const [first = allowed ? 'granted' : 'nothing gives it', ...rest] = reasons;
  return [
    `  ${signOf(allowed, paint)} ${rightNames[right.right].padEnd(nameWidth)}  ${first}`,
    ...rest.map((reason) => `${indent}${reason}`),
    ...(allowed
      ? []
      : [
          ...passedOver.map(
            (grant) => `${indent}does not count: ${describeGrant(grant)}: ${plain(grant.detail)}`,
          ),
          ...mendLines(mend, indent),
        ]),
  ];
}

/** Whether a connect would be let in, condition by condition; then every right with what gives it. */
export function renderAccess(
  reply: AccessReply,
  { machine, isOwn, paint }: { machine: string; isOwn: boolean; paint: Paint },
): string {
  const { principal, decidedAt } = reply;
  const kind = principal.kind === 'user' || principal.kind === 'unknown' ? '' : `, ${principal.kind}`;
  return [
    `${nameOf(principal)}${kind} on ${plain(machine)}`,
    '',
    ...reply.services.flatMap((service) => serviceLines(service, isOwn, paint)),
    'Rights, and what gives them',
    ...reply.rights.flatMap((right) => rightLines(right, paint)),
    '',
    `As Azure said at ${formatMoment(decidedAt)}.`,
  ].join('\n');
}

/** Everybody with an assignment that gives something. */
export const renderPeople = ({ value }: AccessPeopleReply, room: number | undefined): string =>
  renderTable(
    ['who', 'kind', 'may', 'by role', 'at', 'counts'],
    value.map(({ principal, rights, role, scopeKind, scope, endsAt, eligible, condition }) => [
      nameOf(principal),
      principal.kind,
      rights.join(', '),
      role,
      scopeKind === 'root' ? '/' : `${scopeKind} ${scope.split('/').at(-1) ?? ''}`,
      condition !== undefined
        ? 'no: a condition'
        : eligible
          ? 'once activated'
          : endsAt
            ? `until ${formatMoment(endsAt)}`
            : 'yes',
    ]),
    { room },
  );

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
import { wrapWords } from './wrap.ts';

type Paint = Output['paint'];
/** For whom it is written, and how. */
interface Manner {
  /** The reader is whom it is about. */
  isOwn: boolean;
  paint: Paint;
  room: number | undefined;
}
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

/** Commands begin near the edge and are one line: they are copied. */
const mendLines = (
  mend: { sentence: string; commands: readonly string[] } | undefined,
  indent: string,
  room: number | undefined,
): string[] =>
  mend
    ? [
        ...wrapWords(plain(mend.sentence), indent, room),
        ...mend.commands.map((command) => `    $ ${plain(command)}`),
      ]
    : [];

const signOf = (isMet: boolean, paint: Paint): string =>
  isMet ? paint('good', signs.met) : paint('bad', signs.unmet);

/** `  ✓ name  sentence`, the sentence in its own column. Colours have no width. */
function said(sign: string, name: string, sentence: string, room: number | undefined): string[] {
  const indent = ' '.repeat(name.length + 6);
  const [first = '', ...rest] = wrapWords(sentence, indent, room);
  return [`  ${sign} ${name}  ${first.trimStart()}`, ...rest];
}

function serviceLines(
  { service, open, conditions, level }: ExplainedService,
  { isOwn, paint, room }: Manner,
): string[] {
  const may = isOwn ? 'You may' : 'They may';
  const verdict = open
    ? `${may} connect now${level ? `, ${levels[level]}` : ''}.`
    : `${may} not connect now.`;
  const width = Math.max(...conditions.map(({ condition }) => condition.length));
  return [
    `${services[service]}: ${paint(open ? 'good' : 'bad', verdict)}`,
    ...conditions.flatMap(({ condition, met, detail, code, mend }) => [
      ...said(
        signOf(met, paint),
        condition.padEnd(width),
        `${plain(withReadableTimes(detail))}${!met && code ? ` (${plain(code)})` : ''}`,
        room,
      ),
      ...(met ? [] : mendLines(mend, ' '.repeat(width + 6), room)),
    ]),
    '',
  ];
}

function rightLines(right: ExplainedRight, { paint, room }: Manner): string[] {
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
    ...said(signOf(allowed, paint), rightNames[right.right].padEnd(nameWidth), first, room),
    ...rest.flatMap((reason) => wrapWords(reason, indent, room)),
    ...(allowed
      ? []
      : [
          ...passedOver.flatMap((grant) =>
            wrapWords(`does not count: ${describeGrant(grant)}: ${plain(grant.detail)}`, indent, room),
          ),
          // Of a connect it stands above, with the condition.
          ...(right.right.startsWith('connect') ? [] : mendLines(mend, indent, room)),
        ]),
  ];
}

/** Whether a connect would be let in, condition by condition; then every right with what gives it. */
export function renderAccess(reply: AccessReply, manner: Manner & { machine: string }): string {
  const { principal, decidedAt } = reply;
  const kind = principal.kind === 'user' || principal.kind === 'unknown' ? '' : `, ${principal.kind}`;
  return [
    `${nameOf(principal)}${kind} on ${plain(manner.machine)}`,
    '',
    ...reply.services.flatMap((service) => serviceLines(service, manner)),
    'Rights, and what gives them',
    ...reply.rights.flatMap((right) => rightLines(right, manner)),
    '',
    `As Azure said at ${formatMoment(decidedAt)}.`,
  ].join('\n');
}

/** Everybody with an assignment that gives something. */
export const renderPeople = ({ value }: AccessPeopleReply, room: number | undefined): string =>
  renderTable(
    ['who', 'kind', 'may', 'by role', 'at', 'counts'],
    value
      .toSorted((one, other) => nameOf(one.principal).localeCompare(nameOf(other.principal)))
      .map(({ principal, rights, role, scopeKind, scope, endsAt, eligible, condition }) => [
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
    { room, spare: ['kind', 'at'] },
  );

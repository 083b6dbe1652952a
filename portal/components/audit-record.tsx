import type { ComponentChildren } from 'preact';
import type { AuditRecord } from '../api/replies.ts';
import { formatPrecise, outcomes } from '../model/audit-words.ts';
import { formatBytes, formatSpan } from '../model/time.ts';
import { asSentence } from '../model/words.ts';
import { Link } from '../navigation/link.tsx';
import { addresses } from '../navigation/routes.ts';
import { CopyButton } from './copy-button.tsx';
import { Icon } from './icon.tsx';

interface Fact {
  name: string;
  value: ComponentChildren;
}

function sessionFacts({ session }: AuditRecord): Fact[] {
  if (!session) return [];
  const { sessionId, service, seconds, bytesUp, bytesDown, endReason } = session;
  return [
    { name: 'Session', value: <code>{sessionId}</code> },
    { name: 'Service', value: service },
    ...(seconds === undefined ? [] : [{ name: 'Lasted', value: formatSpan(seconds * 1000) }]),
    ...(bytesDown === undefined && bytesUp === undefined
      ? []
      : [{ name: 'Bytes', value: `${formatBytes(bytesDown ?? 0)} down, ${formatBytes(bytesUp ?? 0)} up` }]),
    ...(endReason === undefined ? [] : [{ name: 'Ended', value: endReason.replaceAll('_', ' ') }]),
  ];
}

function decisionFacts({ decision }: AuditRecord): Fact[] {
  if (!decision) return [];
  const { right, code, grantedBy } = decision;
  return [
    ...(right ? [{ name: 'Right', value: right }] : []),
    ...(code ? [{ name: 'Refused as', value: <code>{code}</code> }] : []),
    ...(grantedBy && grantedBy.length > 0
      ? [
          {
            name: 'Granted by',
            value: grantedBy.map((assignment) => (
              <code key={assignment} class="line">
                {assignment}
              </code>
            )),
          },
        ]
      : []),
  ];
}

function factsOf(record: AuditRecord, machineId: string): Fact[] {
  const { actor, at, from, operationId, sequence, mac } = record;
  const leaseId = record.leaseId ?? record.decision?.leaseId;
  return [
    {
      name: 'Who',
      value: (
        <>
          {actor.name}
          {actor.kind === 'application' && ', an application'}
          <span class="second">{actor.id}</span>
        </>
      ),
    },
    { name: 'When', value: at },
    ...(from ? [{ name: 'From', value: from }] : []),
    ...decisionFacts(record),
    ...sessionFacts(record),
    ...(leaseId
      ? [{ name: 'Lease', value: <Link to={addresses.lease(machineId, leaseId)}>{leaseId}</Link> }]
      : []),
    ...(operationId
      ? [{ name: 'Operation', value: <Link to={addresses.operation(operationId)}>{operationId}</Link> }]
      : []),
    { name: 'Record', value: sequence > 0 ? `${sequence} in the chain` : 'of before the chain' },
    ...(mac === ''
      ? []
      : [
          {
            name: 'MAC',
            value: (
              <span class="with-button">
                <code class="cut">{mac}</code>
                <CopyButton text={() => mac} label={`Copy the MAC of record ${sequence}`} />
              </span>
            ),
          },
        ]),
  ];
}

/** One thing that happened: a line that unfolds to all that the record holds. */
export function AuditRecordLine({ record, machineId }: { record: AuditRecord; machineId: string }) {
  const { at, actor, action, outcome, detail } = record;
  const { word, tone } = outcomes[outcome];
  return (
    <li class="audit-record">
      <details>
        <summary>
          <Icon name={tone} tone={tone} />
          <time dateTime={at}>{formatPrecise(at)}</time>
          <span class="audit-what">
            <strong class="sentence">{action}</strong> <span class={`tone-${tone}`}>{word}</span>
            <span class="second">
              {actor.name}
              {detail && ` · ${asSentence(detail)}`}
            </span>
          </span>
        </summary>
        <dl class="facts">
          {factsOf(record, machineId).map(({ name, value }) => [
            <dt key={name}>{name}</dt>,
            <dd key={`${name} value`}>{value}</dd>,
          ])}
        </dl>
      </details>
    </li>
  );
}

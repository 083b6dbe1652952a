import type { CertificateReply } from '#shared/protocol/certificate-api.ts';
import type { Output } from '../output.ts';
import { renderFields, renderTable } from './columns.ts';
import { describeMoment, formatMoment, withReadableTimes } from './moment.ts';
import { plain } from './plain.ts';
import { drawTimeLine, timeLineSigns } from './time-line.ts';

type Paint = Output['paint'];

const width = 72;
/** Entries of the history that are shown; `--json` has all. */
const shown = 8;

const tones: Readonly<Record<CertificateReply['state'], 'good' | 'bad' | 'plain'>> = {
  waiting: 'plain',
  ordered: 'plain',
  issued: 'plain',
  delivered: 'plain',
  served: 'good',
  revoked: 'bad',
  expired: 'bad',
  withdrawn: 'plain',
};
const holders = { vault: 'Key Vault', machine: 'the machine itself' } as const;

const aheadWords = (ahead: number): string => (ahead === 0 ? 'nobody goes before' : `${ahead} go before`);

/** The dated moments, each with its sign in the line. */
function momentRows(
  { leaf, previous, dueAt, emergencyAt, window, plan, checkAt }: CertificateReply,
  nowMs: number,
) {
  const { emergency, window: advised, due, end } = timeLineSigns;
  const say = (iso: string) => describeMoment(iso, nowMs);
  return (
    [
      ['', 'previous ends', previous && say(previous.notAfter)],
      [end, 'issued', leaf && say(leaf.issuedAt)],
      [advised, 'window', leaf && window && `${formatMoment(window.start)} to ${formatMoment(window.end)}`],
      [due, plan ? 'turn' : 'due', plan ? say(plan.turnAt) : dueAt && say(dueAt)],
      [emergency, 'emergency', leaf && emergencyAt && say(emergencyAt)],
      [end, 'ends', leaf && say(leaf.notAfter)],
      ['', 'next check', leaf && checkAt && say(checkAt)],
    ] as const
  ).flatMap(([sign, name, value]) => (value ? [[`${sign || ' '} ${name}`, value] as const] : []));
}

/** Why it is as it is, what happens next and when, its time line, who holds the key, who issued it. */
export function renderCertificate(
  name: string,
  certificate: CertificateReply,
  nowMs: number,
  paint: Paint,
): string {
  const { state, custody, explanation, next, leaf, plan, failure, replacement, history } = certificate;
  const line = drawTimeLine(certificate, nowMs, width);
  const facts = renderFields([
    ['key held by', holders[leaf?.custody ?? custody]],
    ['issued by', leaf && `${leaf.issuedBy.name}, ${leaf.issuedBy.authority}`],
    ['in service', leaf && (leaf.servedAt ? `since ${describeMoment(leaf.servedAt, nowMs)}` : 'not yet')],
    ['names', leaf?.hostNames.join(', ')],
    ['thumbprint', leaf?.thumbprint],
    ['serial number', leaf?.serialNumber],
    [
      'waits for',
      plan &&
        `its turn at ${plan.authority}, ${describeMoment(plan.turnAt, nowMs)}; ${aheadWords(plan.ahead)}: ${withReadableTimes(plan.reason)}`,
    ],
    [
      'replacement',
      replacement &&
        `asked for ${describeMoment(replacement.requestedAt, nowMs)} (${replacement.reason})${replacement.revoke ? ', the old one is revoked' : ''}`,
    ],
    [
      'last failure',
      failure &&
        `${failure.code}, ${describeMoment(failure.at, nowMs)}, ${failure.count} in a row: ${failure.detail}`,
    ],
  ]);
  const parts = [
    `${plain(name)}: ${paint(tones[state], state)}`,
    explanation.map((sentence) => withReadableTimes(plain(sentence))).join('\n'),
    `Next: ${plain(next.what)}${next.at ? ` ${describeMoment(next.at, nowMs)}` : ''}`,
    '',
    ...(line ? [...line, `(${timeLineSigns.now} now, ${timeLineSigns.passed} passed)`] : []),
    renderFields(momentRows(certificate, nowMs)),
    '',
    facts,
    ...(history.length > 0 ? ['', renderHistory(history)] : []),
  ];
  return parts.join('\n');
}

const renderHistory = (history: CertificateReply['history']): string =>
  renderTable(
    ['when', 'what', 'detail'],
    history
      .slice(0, shown)
      .map(({ at, event, detail }) => [formatMoment(at), event, withReadableTimes(detail ?? '')]),
  );

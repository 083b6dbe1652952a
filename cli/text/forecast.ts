import type { ForecastReply } from '#shared/protocol/certificate-api.ts';
import type { Output } from '../output.ts';
import { renderFields, renderTable } from './columns.ts';
import { describeMoment } from './moment.ts';

type Authority = ForecastReply['authorities'][number];

/** Characters of the longest bar. */
const longest = 40;

function closureOf({ closed }: Authority, nowMs: number): string {
  if (!closed) return 'yes';
  return `no, until ${describeMoment(closed.until, nowMs)} (${closed.reason}: ${closed.detail})`;
}

const renderAuthorities = (authorities: readonly Authority[], nowMs: number): string =>
  renderTable(
    ['authority', 'urgent', 'installs', 'renewals', 'takes orders'],
    authorities.map((authority) => [
      authority.name,
      String(authority.queue.urgent),
      String(authority.queue.install),
      String(authority.queue.renewal),
      closureOf(authority, nowMs),
    ]),
  );

const renderLimits = (authorities: readonly Authority[], nowMs: number): string =>
  renderTable(
    ['authority', 'limit', 'used', 'free', 'of', 'all free again'],
    authorities.flatMap(({ name, limits }) =>
      limits.map(({ title, used, free, capacity, fullAt }) => [
        name,
        title,
        String(Math.ceil(used)),
        String(Math.floor(free)),
        String(capacity),
        Date.parse(fullAt) > nowMs ? describeMoment(fullAt, nowMs) : 'now',
      ]),
    ),
  );

/** One line a week: `#` is due for renewal, `+` ends unless it is renewed. */
function renderWeeks(weeks: ForecastReply['weeks']): string {
  const most = Math.max(1, ...weeks.map(({ due, expiring }) => due + expiring));
  const bar = (count: number, sign: string) =>
    sign.repeat(count === 0 ? 0 : Math.max(1, Math.round((count / most) * longest)));
  return renderTable(
    ['week from', 'due', 'end', '# due, + end unless renewed'],
    weeks.map(({ from, due, expiring }) => [
      from.slice(0, 10),
      String(due),
      String(expiring),
      `${bar(due, '#')}${bar(expiring, '+')}`,
    ]),
  );
}

function riskOf({ atRisk, firstAtRisk }: ForecastReply, nowMs: number): string {
  if (atRisk === 0) return 'none';
  const first =
    firstAtRisk &&
    `; the first${firstAtRisk.machineId ? `, ${firstAtRisk.machineId},` : ''} ends ${describeMoment(firstAtRisk.expiresAt, nowMs)}, its turn is ${describeMoment(firstAtRisk.turnAt, nowMs)}`;
  return `${atRisk}${first ?? ''}`;
}

/** The fleet's certificates: states, risk, the authorities with queue and budget, and the weeks to come. */
export function renderForecast(forecast: ForecastReply, nowMs: number, paint: Output['paint']): string {
  const { states, lastTurnAt, authorities, weeks, atRisk } = forecast;
  const counts = Object.entries(states).flatMap(([state, count]) => (count > 0 ? [`${count} ${state}`] : []));
  const head = renderFields([
    ['certificates', counts.join(', ') || 'none'],
    ['last turn', lastTurnAt ? describeMoment(lastTurnAt, nowMs) : 'nobody waits'],
  ]);
  const risk = `at risk       ${paint(atRisk > 0 ? 'bad' : 'good', riskOf(forecast, nowMs))}`;
  return [
    head,
    risk,
    ...(authorities.length > 0 ? ['', renderAuthorities(authorities, nowMs)] : []),
    ...(authorities.some(({ limits }) => limits.length > 0) ? ['', renderLimits(authorities, nowMs)] : []),
    ...(weeks.length > 0 ? ['', renderWeeks(weeks)] : []),
  ].join('\n');
}

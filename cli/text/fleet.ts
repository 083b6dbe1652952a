import type { FleetInstallReply, FleetMachinesReply, FleetPlanReply } from '#shared/protocol/fleet-api.ts';
import { renderTable } from './columns.ts';
import { describeMoment, formatMoment, withReadableTimes } from './moment.ts';
import { plain } from './plain.ts';

type FleetMachine = FleetMachinesReply['value'][number];

const barWidth = 24;

/** `[##########--------------]` */
const barOf = (percent: number): string => {
  const full = Math.round((percent / 100) * barWidth);
  return `[${'#'.repeat(full)}${'-'.repeat(barWidth - full)}]`;
};

/** `12 succeeded, 3 running`: what is zero is not said. */
const describeCounts = (counts: Readonly<Record<string, number>>): string =>
  Object.entries(counts)
    .filter(([, count]) => count > 0)
    .map(([name, count]) => `${count} ${name}`)
    .join(', ');

/** `[######------------------]  25 %  125 of 500: 120 succeeded, 20 running, 5 failed, 355 waiting; ends …` */
export function describeFleet(fleet: FleetInstallReply, nowMs: number): string {
  const { status, total, percent, counts, estimatedEnd, endedAt } = fleet;
  const { waiting, running, ...ended } = counts;
  const done = total - waiting - running;
  const said = describeCounts({ ...ended, running, waiting });
  const end = endedAt
    ? `; ended ${describeMoment(endedAt, nowMs)}`
    : estimatedEnd
      ? `; expected to end ${describeMoment(estimatedEnd, nowMs)}`
      : '';
  const word = status === 'running' ? '' : `${status}, `;
  return `${barOf(percent)} ${String(percent).padStart(3)} %  ${word}${done} of ${total}: ${said}${end}`;
}

export const renderFleets = (fleets: readonly FleetInstallReply[]): string =>
  renderTable(
    ['id', 'status', 'percent', 'machines', 'failed', 'refused', 'started', 'by'],
    fleets.map(({ id, status, percent, total, counts, createdAt, requestedBy }) => [
      id,
      status,
      `${percent} %`,
      String(total),
      String(counts.failed),
      String(counts.refused),
      formatMoment(createdAt),
      requestedBy,
    ]),
  );

/** What somebody called off, and what was installed before, is no failure. */
const isNoFailure = ({ code }: FleetMachine): boolean => code === null || code === 'operation_cancelled';

/** Those that were not installed, with why and what to do. */
export const notInstalled = (machines: readonly FleetMachine[]): FleetMachine[] =>
  machines.filter(
    (machine) =>
      machine.status === 'failed' ||
      machine.status === 'refused' ||
      (machine.status === 'skipped' && !isNoFailure(machine)),
  );

export const renderNotInstalled = (machines: readonly FleetMachine[]): string =>
  renderTable(
    ['name', 'status', 'why', 'next'],
    notInstalled(machines).map(({ name, status, detail, remedy }) => [
      name,
      status,
      withReadableTimes(detail ?? ''),
      remedy ?? '',
    ]),
  );

type Planned = FleetPlanReply['machines'][number];

/** A line for each requirement that is not met, or one for whatever else stands in the way. */
const rowsOf = ({ name, action, reason, preconditions }: Planned): string[][] =>
  preconditions.length === 0
    ? [[name, action, reason ?? '', '', '']]
    : preconditions.map(({ rule, found, needed, remedy }) => [
        name,
        action,
        rule,
        `${found}, needed ${needed}`,
        remedy,
      ]);

export function renderPlan(plan: FleetPlanReply, nowMs: number): string {
  const { total, counts, machines, lastCertificateAt } = plan;
  const begins = machines.filter(({ certificateAt }) => certificateAt !== null);
  const later = begins.filter(({ certificateAt }) => Date.parse(certificateAt ?? '') > nowMs + 60_000);
  const head = `${total} machines: ${describeCounts(counts)}`;
  const turns =
    begins.length === 0
      ? 'No certificate is to be ordered.'
      : later.length === 0
        ? `The authorities' budgets allow all ${begins.length} certificates now.`
        : `The authorities' budgets allow ${begins.length - later.length} of ${begins.length} certificates now, the last one ${describeMoment(lastCertificateAt ?? '', nowMs)}.`;
  const stays = machines.filter(({ action }) => action === 'refuse' || action === 'skip');
  const table = renderTable(['name', 'action', 'why', 'found', 'next'], stays.flatMap(rowsOf));
  return [head, turns, ...(stays.length > 0 ? ['', table] : [])].join('\n');
}

/** Text of others as lines that cannot steer a terminal. */
export const plainLines = (text: string): string => text.split(/\r?\n/).map(plain).join('\n').trimEnd();

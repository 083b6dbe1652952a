import type { OrphansReply } from '#shared/protocol/install-api.ts';
import { renderTable } from './columns.ts';
import { describeMoment, formatMoment } from './moment.ts';
import { plain } from './plain.ts';

/** A line for each machine, then what is left of each, then whether anything is removed at all. */
export function renderOrphans({ mode, graceHours, halted, value }: OrphansReply, nowMs: number): string {
  const table = renderTable(
    ['name', 'id', 'gone since', mode === 'remove' ? 'removed after' : 'grace ends', 'moved to'],
    value.map((one) => [
      one.name,
      one.machineId,
      formatMoment(one.goneSince),
      describeMoment(one.removedAfter, nowMs),
      one.movedTo ?? '-',
    ]),
  );
  const leftovers = value.flatMap(({ name, leftovers: left }) =>
    left.length === 0 ? [] : ['', plain(name), ...left.map((one) => `  ${plain(one)}`)],
  );
  const end =
    mode === 'remove'
      ? `What is left is removed ${graceHours} h after a machine was found gone.`
      : 'This is a report: nothing is removed by itself.';
  return [table, ...leftovers, '', halted ? plain(halted) : end].join('\n');
}

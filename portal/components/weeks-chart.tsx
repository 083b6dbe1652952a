import type { WeekOfExpiries } from '../api/replies.ts';
import { useWidth } from '../hooks/width.ts';
import { weekColumns } from '../model/forecast.ts';
import { formatDayOnly } from '../model/time.ts';

/** Pixels. */
const plot = { top: 18, height: 140, left: 36, right: 4 };
const labelHeight = 22;
const labelWidth = 48;
const keys = [
  ['bar-due', 'due for renewal'],
  ['bar-expiring', 'end, unless renewed'],
] as const;

function Drawing({ weeks, width }: { weeks: readonly WeekOfExpiries[]; width: number }) {
  const { top, columns } = weekColumns(weeks);
  const columnWidth = (width - plot.left - plot.right) / columns.length;
  const barWidth = Math.max(2, Math.min(18, columnWidth * 0.36));
  const floor = plot.top + plot.height;
  const every = Math.ceil(labelWidth / columnWidth);
  const hasNumbers = columnWidth >= 44;
  const y = (share: number): number => floor - share * plot.height;
  const bar = (name: string, x: number, share: number, count: number) =>
    count > 0 && (
      <g>
        <rect
          class={name}
          x={x}
          y={y(share)}
          width={barWidth}
          height={Math.max(1, share * plot.height)}
          rx="2"
        />
        {hasNumbers && (
          <text class="chart-number" x={x + barWidth / 2} y={y(share) - 4} text-anchor="middle">
            {count}
          </text>
        )}
      </g>
    );
  const height = floor + labelHeight;
  return (
    <svg class="weeks" width={width} height={height} viewBox={`0 0 ${width} ${height}`} aria-hidden="true">
      {[0, 0.5, 1]
        .filter((share) => Number.isInteger(top * share))
        .map((share) => (
          <g key={share}>
            <path
              class={share === 0 ? 'chart-floor' : 'chart-grid'}
              d={`M${plot.left} ${y(share)}H${width - plot.right}`}
            />
            <text class="chart-text" x={plot.left - 8} y={y(share) + 4} text-anchor="end">
              {top * share}
            </text>
          </g>
        ))}
      {columns.map(({ from, due, expiring, dueHeight, expiringHeight }, at) => {
        const middle = plot.left + (at + 0.5) * columnWidth;
        return (
          <g key={from}>
            {bar('bar-due', middle - barWidth - 1, dueHeight, due)}
            {bar('bar-expiring', middle + 1, expiringHeight, expiring)}
            {at % every === 0 && middle <= width - labelWidth / 2 && (
              <text class="chart-text" x={middle} y={floor + 17} text-anchor="middle">
                {formatDayOnly(from)}
              </text>
            )}
          </g>
        );
      })}
    </svg>
  );
}

/** How many certificates are due and how many end, by week: as bars, and as a table for whoever wants numbers. */
export function WeeksChart({ weeks }: { weeks: readonly WeekOfExpiries[] }) {
  const { element, width } = useWidth<HTMLDivElement>();
  return (
    <>
      <p class="chart-key" aria-hidden="true">
        {keys.map(([name, words]) => (
          <span key={name}>
            <svg width="12" height="12" viewBox="0 0 12 12">
              <rect class={name} width="12" height="12" rx="2" />
            </svg>
            {words}
          </span>
        ))}
      </p>
      <div ref={element} class="time-line-frame">
        {width > 0 && <Drawing weeks={weeks} width={width} />}
      </div>
      <details class="history">
        <summary>The weeks as a table</summary>
        <table class="small-table">
          <caption class="visually-hidden">Certificates by week</caption>
          <thead>
            <tr>
              <th scope="col">Week from</th>
              <th scope="col">Due</th>
              <th scope="col">End</th>
            </tr>
          </thead>
          <tbody>
            {weeks.map(({ from, due, expiring }) => (
              <tr key={from}>
                <th scope="row">{formatDayOnly(from)}</th>
                <td>{due}</td>
                <td>{expiring}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </details>
    </>
  );
}

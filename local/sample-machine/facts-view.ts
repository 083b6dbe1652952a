import type { MachineFacts } from './machine-facts.ts';

/** The facts as the page shows them: made once, here, for the first paint and for every later one. */
export interface FactsView {
  /** By the `data-fact` of the element that shows it. */
  texts: Record<string, string>;
  /** Percent, by the `data-meter` of the bar. */
  meters: Record<string, number>;
  /** Points of a polyline in a 240 x 48 box, by `data-graph`. */
  graphs: Record<string, string>;
  /** pid, name, processor, memory. */
  processes: [string, string, string, string][];
}

export const graphBox = { width: 240, height: 48 } as const;

export function formatBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${value >= 100 || unit === 0 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}

export function formatDuration(seconds: number): string {
  const days = Math.floor(seconds / 86_400);
  const clock = [Math.floor(seconds / 3600) % 24, Math.floor(seconds / 60) % 60, seconds % 60];
  const text = clock.map((part) => String(part).padStart(2, '0')).join(':');
  return days > 0 ? `${days} d ${text}` : text;
}

/** The newest point is at the right edge; a flat line at the bottom is zero. */
export function graphPoints(values: readonly number[], ceiling: number, length = 60): string {
  const { width, height } = graphBox;
  const step = width / (length - 1);
  return values
    .map((value, index) => {
      const x = width - (values.length - 1 - index) * step;
      const y = height - 1 - (Math.min(Math.max(value, 0), ceiling) / ceiling) * (height - 2);
      return `${x.toFixed(1)},${y.toFixed(1)}`;
    })
    .join(' ');
}

export function viewOf(facts: MachineFacts): FactsView {
  const { memory, processor, load } = facts;
  const used = memory.totalBytes - memory.availableBytes;
  const usedPercent = Math.round((100 * used) / memory.totalBytes);
  return {
    texts: {
      hostName: facts.hostName,
      system: facts.system,
      kernel: facts.kernel,
      processor: `${processor.count} × ${processor.model}`,
      busy: `${processor.busyPercent.toFixed(1)} %`,
      memory: `${formatBytes(used)} of ${formatBytes(memory.totalBytes)}`,
      memoryPercent: `${usedPercent} %`,
      uptime: formatDuration(facts.uptimeSeconds),
      load: load.map((value) => value.toFixed(2)).join('   '),
      loadNow: (load[0] ?? 0).toFixed(2),
      at: `${facts.at.slice(11, 19)} UTC`,
    },
    meters: { memory: usedPercent },
    graphs: {
      busy: graphPoints(facts.busyHistory, 100),
      load: graphPoints(facts.loadHistory, Math.max(processor.count, ...facts.loadHistory)),
    },
    processes: facts.processes.map(({ pid, name, busyPercent, memoryBytes }) => [
      String(pid),
      name,
      `${busyPercent.toFixed(1)} %`,
      // The kernel's own threads have none.
      memoryBytes > 0 ? formatBytes(memoryBytes) : '–',
    ]),
  };
}

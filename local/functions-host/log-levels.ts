import type { HostLog } from './host-log.ts';
import type { LogLevel } from './worker/app-log.ts';

/** From least to worst; `none` is never written. */
export const logLevels: readonly LogLevel[] = [
  'trace',
  'debug',
  'information',
  'warning',
  'error',
  'critical',
  'none',
];

/** Least levels by lower-case category, as `logging.logLevel` of host.json names them; `default` is for the rest. */
export type LogLevels = ReadonlyMap<string, LogLevel>;

/** The level of the longest name that the category is or is below of. */
function leastOf(category: string, levels: LogLevels): LogLevel {
  for (
    let name = category.toLowerCase();
    name !== '';
    name = name.slice(0, Math.max(0, name.lastIndexOf('.')))
  ) {
    const level = levels.get(name);
    if (level) return level;
  }
  return levels.get('default') ?? 'information';
}

/** Drops what host.json does not want to see. */
export function filterLog(log: HostLog, levels: LogLevels): HostLog {
  return {
    line(level, text, category = 'Host') {
      const least = leastOf(category, levels);
      if (least === 'none' || logLevels.indexOf(level) < logLevels.indexOf(least)) return;
      log.line(level, text, category);
    },
  };
}

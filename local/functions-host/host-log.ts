import { logLevels } from './log-levels.ts';
import type { LogLevel } from './worker/app-log.ts';

/** Lines in the form that Core Tools prints: `[2026-11-21T14:00:00.000Z] text`, one line each. */
export interface HostLog {
  /** `category` is what `logging.logLevel` of host.json speaks of; default `Host`. */
  line(level: LogLevel, text: string, category?: string): void;
}

export interface HostLogOptions {
  write(line: string): void;
  now(): number;
  /** Only warnings and worse. */
  quiet?: boolean;
  json?: boolean;
}

export function createHostLog({ write, now, quiet = false, json = false }: HostLogOptions): HostLog {
  const least = logLevels.indexOf(quiet ? 'warning' : 'trace');
  return {
    line(level, text) {
      if (logLevels.indexOf(level) < least) return;
      const time = new Date(now()).toISOString();
      // A message with line breaks stays one record, so that logs can be cut by lines.
      const message = text.replaceAll(/\r?\n/g, ' | ');
      write(json ? JSON.stringify({ time, level, message }) : `[${time}] ${message}`);
    },
  };
}

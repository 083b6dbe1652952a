import type { LogLevel } from './worker/app-log.ts';

/** Lines in the form that Core Tools prints: `[2026-11-21T14:00:00.000Z] text`, one line each. */
export interface HostLog {
  line(level: LogLevel, text: string): void;
}

export interface HostLogOptions {
  write(line: string): void;
  now(): number;
  /** Only warnings and worse. */
  quiet?: boolean;
  json?: boolean;
}

const order: readonly LogLevel[] = ['trace', 'debug', 'information', 'warning', 'error', 'critical', 'none'];

export function createHostLog({ write, now, quiet = false, json = false }: HostLogOptions): HostLog {
  const least = order.indexOf(quiet ? 'warning' : 'information');
  return {
    line(level, text) {
      if (order.indexOf(level) < least) return;
      const time = new Date(now()).toISOString();
      // A message with line breaks stays one record, so that logs can be cut by lines.
      const message = text.replaceAll(/\r?\n/g, ' | ');
      write(json ? JSON.stringify({ time, level, message }) : `[${time}] ${message}`);
    },
  };
}

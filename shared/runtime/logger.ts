import { type LogEvent, type LogLevel, logEvents, logLevels } from './log-events.ts';

/** Plain facts beside the event. Never a secret, a token or payload. An Error is written as its facts. */
export type LogFields = Readonly<Record<string, unknown>>;

export interface Logger {
  log(event: LogEvent, fields?: LogFields): void;
  /** A logger that adds these fields to each of its lines. */
  with(fields: LogFields): Logger;
}

export interface LoggerOptions {
  /** Takes one whole line, with its line feed. */
  write(line: string): void;
  level: LogLevel;
  /** Milliseconds since the epoch. */
  now(): number;
  /** Coloured text for a person instead of JSON; ask for it only where `write` ends at a terminal. */
  pretty?: boolean;
}

function describe(value: unknown): unknown {
  if (!(value instanceof Error)) return value;
  const code = 'code' in value ? { code: value.code } : {};
  const cause = value.cause === undefined ? {} : { cause: describe(value.cause) };
  return { name: value.name, ...code, message: value.message, ...cause };
}

const isPlain = /^[!-~]+$/;
const colours: Record<LogLevel, number> = { debug: 90, info: 36, warn: 33, error: 31 };

function paint(time: string, level: LogLevel, event: string, fields: LogFields): string {
  const facts = Object.entries(fields).map(
    ([name, value]) =>
      `${name}=${typeof value === 'string' && isPlain.test(value) ? value : JSON.stringify(value)}`,
  );
  return `\x1b[90m${time.slice(11, 23)}\x1b[0m \x1b[${colours[level]}m${event}\x1b[0m ${facts.join(' ')}`;
}

/** JSON lines `{time, level, event, ...fields}`; a field cannot replace one of the first three. */
export function createLogger(options: LoggerOptions, context: LogFields = {}): Logger {
  const least = logLevels.indexOf(options.level);
  return {
    log(event, fields = {}) {
      const level = logEvents[event];
      if (logLevels.indexOf(level) < least) return;
      const time = new Date(options.now()).toISOString();
      const facts: Record<string, unknown> = {};
      for (const [name, value] of Object.entries({ ...context, ...fields })) facts[name] = describe(value);
      const { time: _time, level: _level, event: _event, ...rest } = facts;
      const line = options.pretty
        ? paint(time, level, event, rest)
        : JSON.stringify({ time, level, event, ...rest });
      options.write(`${line}\n`);
    },
    with: (fields) => createLogger(options, { ...context, ...fields }),
  };
}

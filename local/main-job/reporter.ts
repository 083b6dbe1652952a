import { performance } from 'node:perf_hooks';

/** A row without a name goes on with the one before: in JSON all its values are one list. */
function groupRows(rows: readonly (readonly [string, string])[]): Record<string, string | string[]> {
  const grouped: Record<string, string[]> = {};
  let last = '';
  for (const [name, value] of rows) {
    last = name || last;
    grouped[last] = [...(grouped[last] ?? []), value];
  }
  return Object.fromEntries(
    Object.entries(grouped).map(([name, values]) => [name, values.length === 1 ? (values[0] ?? '') : values]),
  );
}

/** Tells a person, or with `json` a program, what happens as it happens. */
export interface Reporter {
  section(title: string): void;
  /** One thing that has happened, with its own duration in seconds where it has one. */
  step(text: string, seconds?: number): void;
  /** What runs now, without a result yet. */
  note(text: string): void;
  /** Names and values in two columns; in JSON one object. */
  table(title: string, rows: readonly (readonly [string, string])[]): void;
  fail(text: string): void;
  /** Seconds since the reporter was made. */
  elapsed(): number;
}

export interface ReporterOptions {
  json: boolean;
  write(line: string): void;
  /** Colours on a terminal only. */
  colours: boolean;
}

const seconds = (value: number) => `${value.toFixed(value < 10 ? 2 : 1)} s`;

export function createReporter({ json, write, colours }: ReporterOptions): Reporter {
  const start = performance.now();
  const elapsed = () => (performance.now() - start) / 1000;
  const paint = (code: number, text: string) => (colours ? `\x1b[${code}m${text}\x1b[0m` : text);
  if (json) {
    const event = (kind: string, fields: object) =>
      write(JSON.stringify({ event: kind, elapsedSeconds: Number(elapsed().toFixed(3)), ...fields }));
    return {
      elapsed,
      section: (title) => event('section', { title }),
      step: (text, took) =>
        event('step', { text, ...(took !== undefined && { seconds: Number(took.toFixed(3)) }) }),
      note: (text) => event('note', { text }),
      table: (title, rows) => event('result', { title, ...groupRows(rows) }),
      fail: (text) => event('failed', { text }),
    };
  }
  return {
    elapsed,
    section: (title) => write(`\n${paint(1, title)}`),
    step(text, took) {
      const time = took === undefined ? '' : seconds(took);
      write(`  ${paint(32, 'done')}  ${text.padEnd(58)} ${paint(90, time.padStart(8))}`);
    },
    note: (text) => write(`        ${paint(90, text)}`),
    table(title, rows) {
      const width = Math.max(...rows.map(([name]) => name.length)) + 2;
      write(`\n${paint(1, title)}`);
      for (const [name, value] of rows) write(`  ${paint(90, name.padEnd(width))}${value}`);
    },
    fail: (text) => write(`  ${paint(31, 'failed')} ${text}`),
  };
}

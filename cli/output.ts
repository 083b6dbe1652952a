import { styleText } from 'node:util';
import { programName } from './about.ts';
import type { Failure } from './failure.ts';
import { renderProblem } from './text/problem.ts';

export interface TextStream {
  write(text: string): unknown;
  isTTY?: boolean | undefined;
  columns?: number | undefined;
}

const styles = { good: 'green', bad: 'red', plain: 'reset' } as const;
type Tone = keyof typeof styles;

/** Results go to standard output and nothing else does; what is said besides goes to standard error. */
export interface Output {
  readonly isJson: boolean;
  /** A person watches standard output. */
  readonly isWatched: boolean;
  /** A result: in JSON mode `json` on one line, else the text. */
  result(json: unknown, text: () => string): void;
  /** A remark beside the result, for a person. */
  note(text: string): void;
  failure(failure: Failure): void;
  /** Replaces the line that is being written; undefined removes it. Does nothing unless watched. */
  live(text: string | undefined): void;
  paint(tone: Tone, text: string): string;
}

export interface OutputOptions {
  stdout: TextStream;
  stderr: TextStream;
  env: Readonly<Record<string, string | undefined>>;
  isJson: boolean;
}

const eraseLine = '\r\x1b[2K';

export function createOutput({ stdout, stderr, env, isJson }: OutputOptions): Output {
  const isPlainTerminal = Boolean(env['NO_COLOR']) || env['TERM'] === 'dumb';
  const paintFor =
    (stream: TextStream) =>
    (tone: Tone, text: string): string =>
      stream.isTTY && !isPlainTerminal && tone !== 'plain'
        ? styleText(styles[tone], text, { validateStream: false })
        : text;
  const isWatched = Boolean(stdout.isTTY) && !isJson && env['TERM'] !== 'dumb';
  let isLive = false;

  const live = (text: string | undefined): void => {
    if (!isWatched || (text === undefined && !isLive)) return;
    // A line that wraps could not be replaced.
    const room = Math.max(20, (stdout.columns || 80) - 1);
    stdout.write(`${eraseLine}${(text ?? '').slice(0, room)}`);
    isLive = text !== undefined;
  };

  return {
    isJson,
    isWatched,
    paint: paintFor(stdout),
    live,
    result(json, text) {
      live(undefined);
      const shown = isJson ? JSON.stringify(json) : text();
      if (shown !== '') stdout.write(`${shown}\n`);
    },
    note(text) {
      live(undefined);
      stderr.write(`${text}\n`);
    },
    failure({ facts }) {
      live(undefined);
      const name = paintFor(stderr)('bad', `${programName}:`);
      stderr.write(isJson ? `${JSON.stringify(facts)}\n` : `${name} ${renderProblem(facts)}\n`);
    },
  };
}

import { styleText } from 'node:util';
import { programName } from './about.ts';
import type { Failure } from './failure.ts';
import { renderProblem } from './text/problem.ts';
import { cutToWidth } from './text/width.ts';

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
  /** Nothing but results, questions and failures is wanted. */
  readonly isQuiet: boolean;
  /** Columns of the terminal that standard output is; undefined on a pipe. */
  readonly room: number | undefined;
  /** A result: in JSON mode `json` on one line, else the text. */
  result(json: unknown, text: () => string): void;
  /** A result that is a text of its own kind, in JSON mode too. */
  text(text: string): void;
  /** A remark beside the result, for a person; nothing when quiet. */
  note(text: string): void;
  /** What a person has to read to go on: where to sign in, what a question is about. */
  tell(text: string): void;
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
  isQuiet?: boolean;
}

const eraseLine = '\r\x1b[2K';
const usualColumns = 80;

export function createOutput({ stdout, stderr, env, isJson, isQuiet = false }: OutputOptions): Output {
  const isPlainTerminal = Boolean(env['NO_COLOR']) || env['TERM'] === 'dumb';
  const paintFor =
    (stream: TextStream) =>
    (tone: Tone, text: string): string =>
      stream.isTTY && !isPlainTerminal && tone !== 'plain'
        ? styleText(styles[tone], text, { validateStream: false })
        : text;
  const isWatched = Boolean(stdout.isTTY) && !isJson && env['TERM'] !== 'dumb';
  const columns = stdout.columns || usualColumns;
  let isLive = false;

  const live = (text: string | undefined): void => {
    if (!isWatched || isQuiet || (text === undefined && !isLive)) return;
    // A line that wraps could not be replaced.
    stdout.write(`${eraseLine}${cutToWidth(text ?? '', Math.max(20, columns - 1))}`);
    isLive = text !== undefined;
  };

  const tell = (text: string): void => {
    live(undefined);
    stderr.write(`${text}\n`);
  };

  const write = (text: string): void => {
    live(undefined);
    if (text !== '') stdout.write(`${text}\n`);
  };

  return {
    isJson,
    isWatched,
    isQuiet,
    room: stdout.isTTY ? columns : undefined,
    tell,
    paint: paintFor(stdout),
    live,
    text: write,
    result: (json, text) => write(isJson ? JSON.stringify(json) : text()),
    note(text) {
      if (!isQuiet) tell(text);
    },
    failure({ facts }) {
      live(undefined);
      const name = paintFor(stderr)('bad', `${programName}:`);
      stderr.write(isJson ? `${JSON.stringify(facts)}\n` : `${name} ${renderProblem(facts)}\n`);
    },
  };
}

import { createInterface } from 'node:readline';
import type { TextStream } from './output.ts';

export interface ConfirmOptions {
  input: NodeJS.ReadableStream;
  /** Where the question is written. */
  stream: TextStream;
  signal: AbortSignal;
}

/** Asks a question that only `yes` or `y` answers with true. */
export async function confirm(question: string, { input, stream, signal }: ConfirmOptions): Promise<boolean> {
  stream.write(question);
  // Not as a terminal: the terminal's own line editing is enough, and Ctrl-C stays a signal.
  const lines = createInterface({ input, terminal: false, signal });
  try {
    for await (const line of lines) return /^\s*y(es)?\s*$/i.test(line);
    signal.throwIfAborted();
    return false;
  } finally {
    lines.close();
  }
}

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RunTool, ToolOutput } from '#agent/run-tool.ts';

const folder = join(import.meta.dirname, '../fixtures/host-checks');

/** What a tool printed, from `tests/fixtures/host-checks`; `missing`, `denied` and `unfinished` did not get so far. */
export function readCapture(name: string): ToolOutput {
  if (name === 'missing' || name === 'denied' || name === 'unfinished') return { failure: name };
  const [first = '', ...rest] = readFileSync(join(folder, `${name}.txt`), 'latin1').split('\r\n');
  return { exitCode: Number(first.replace('exit ', '')), stdout: rest.join('\r\n') };
}

/** Answers each command line, written with blanks between, with a capture; any other command line is an error. */
export function replayTools(captures: Readonly<Record<string, string>>): RunTool {
  return async (file, args) => {
    const commandLine = [file, ...args].join(' ');
    const name = captures[commandLine];
    if (name === undefined) throw new Error(`nobody captured ${commandLine}`);
    return readCapture(name);
  };
}

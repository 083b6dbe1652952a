import { spawn } from 'node:child_process';

export interface ProgramResult {
  code: number;
  /** Standard output and error, as they came. */
  output: string;
}

/** Runs a program to its end with these variables added to the environment. */
export function runProgram(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<ProgramResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, [...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...env },
    });
    let output = '';
    const take = (chunk: Buffer) => {
      output += chunk.toString('utf8');
    };
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    child.once('error', reject);
    child.once('close', (code) => resolve({ code: code ?? 1, output }));
  });
}

/** What a program said before it failed; undefined when it did not fail. */
export const failureOf = ({ code, output }: ProgramResult): string | undefined =>
  code === 0 ? undefined : output;

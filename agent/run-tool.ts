import { execFile } from 'node:child_process';

const usualTimeoutMs = 5_000;
/** `reg.exe` lists some hundred keys of one vendor; nothing that is asked for prints more. */
const maxOutputBytes = 256 * 1024;

/** What a tool of the system printed; `failure` when it did not run to its end. */
export type ToolOutput =
  | { exitCode: number; stdout: string }
  | { failure: 'missing' | 'denied' | 'unfinished' };

/** Runs one program with fixed arguments, without a shell, for five seconds where nothing is said. Never rejects. */
export type RunTool = (file: string, args: readonly string[], timeoutMs?: number) => Promise<ToolOutput>;

const failures: Readonly<Record<string, 'missing' | 'denied'>> = {
  ENOENT: 'missing',
  EACCES: 'denied',
  EPERM: 'denied',
};

/** Bounded in time and output. Bytes are read as Latin-1: what is parsed is ASCII on every code page. */
export const runTool: RunTool = (file, args, timeoutMs = usualTimeoutMs) =>
  new Promise((resolve) => {
    const options = {
      encoding: 'latin1',
      timeout: timeoutMs,
      maxBuffer: maxOutputBytes,
      windowsHide: true,
    } as const;
    execFile(file, args, options, (error, stdout) => {
      if (!error) resolve({ exitCode: 0, stdout });
      else if (typeof error.code === 'number') resolve({ exitCode: error.code, stdout });
      else resolve({ failure: failures[error.code ?? ''] ?? 'unfinished' });
    }).stdin?.end();
  });

/** Says why there is no reading, in words that are the same on every machine. */
export function reasonOf(tool: string, output: ToolOutput): string {
  if ('exitCode' in output)
    return output.exitCode === 0
      ? `${tool} printed something else than expected`
      : `${tool} ended with code ${output.exitCode}`;
  const reasons = {
    missing: `${tool} is not on this machine`,
    denied: `${tool} may not be run by this account`,
    unfinished: `${tool} took too long or printed too much`,
  };
  return reasons[output.failure];
}

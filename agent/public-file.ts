import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { runTool } from './run-tool.ts';

/** BUILTIN\\Users. */
const users = '*S-1-5-32-545';

/**
 * Lets everybody on this machine read one file of the data directory, which nobody else may list, and nothing else in it:
 * all others are for the agent's account alone.
 */
export async function letAllRead(file: string, dataDirectory: string): Promise<void> {
  if (process.platform !== 'win32') {
    await chmod(dataDirectory, 0o711);
    return chmod(file, 0o644);
  }
  // Windows lets everybody pass through folders that he may not list.
  const tool = join(process.env['SystemRoot'] ?? String.raw`C:\Windows`, String.raw`System32\icacls.exe`);
  await runTool(tool, [file, '/grant', `${users}:R`, '/Q']);
  return undefined;
}

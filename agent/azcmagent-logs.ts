import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { strFromU8, strToU8, unzipSync } from 'fflate';
import type { Redaction } from '#shared/runtime/redaction.ts';
import { type RunTool, reasonOf } from './run-tool.ts';

/** The Arc agent gathers for a while. */
const timeoutMs = 3 * 60_000;
const maxZipBytes = 256 * 1024 * 1024;
/** Characters of one file; of a longer one the end, which tells most. */
const maxTextLength = 4 * 1024 * 1024;
const maxFileBytes = 16 * 1024 * 1024;
const maxFiles = 1_000;
const textual = /\.(?:log|txt|json|xml|ya?ml|cfg|conf|config|ini|csv|md|status|settings)(?:\.\d+)?$/i;

export interface ArcLogs {
  /** By their names in the Arc agent's own archive. */
  files: Map<string, Uint8Array>;
  /** What was not taken over, and why. */
  leftOut: string[];
}

const utf16 = new TextDecoder('utf-16le');

/** Windows writes logs in UTF-16 too; a byte order mark tells. */
const decode = (bytes: Uint8Array): string =>
  bytes[0] === 0xff && bytes[1] === 0xfe ? utf16.decode(bytes.subarray(2)) : strFromU8(bytes);

/** No way out of the folder that it is put in. */
const plainName = (name: string): string =>
  name
    .split(/[\\/]+/)
    .filter((part) => !['', '.', '..'].includes(part) && !part.endsWith(':'))
    .join('/');

/**
 * Texts are taken over redacted. What is no text cannot be: traces of the network hold whatever went over it
 * (requirement 121), event logs and archives as much.
 */
export function redactArchive(zip: Uint8Array, redaction: Redaction): ArcLogs {
  const leftOut: string[] = [];
  const files = new Map<string, Uint8Array>();
  let count = 0;
  const texts = unzipSync(zip, {
    filter({ name, originalSize }) {
      if (name.endsWith('/')) return false;
      count += 1;
      const isTaken = textual.test(name) && originalSize <= maxFileBytes && count <= maxFiles;
      if (!isTaken) leftOut.push(`azcmagent: ${plainName(name)} (not a text, or too large)`);
      return isTaken;
    },
  });
  for (const [name, bytes] of Object.entries(texts)) {
    const text = redaction.text(decode(bytes));
    const isCut = text.length > maxTextLength;
    if (isCut) leftOut.push(`azcmagent: ${plainName(name)} but for its last ${maxTextLength} characters`);
    const end = isCut ? text.slice(-maxTextLength).replace(/^[^\n]*\n/, '') : text;
    files.set(plainName(redaction.text(name)), strToU8(end));
  }
  return { files, leftOut };
}

/** Requirement 120: what `azcmagent logs` gathers. Never rejects; `program` is the Arc agent's own. */
export async function collectArcLogs(run: RunTool, program: string, redaction: Redaction): Promise<ArcLogs> {
  const folder = await mkdtemp(join(tmpdir(), 'azcmagent-logs-'));
  const file = join(folder, 'logs.zip');
  const without = (why: string): ArcLogs => ({ files: new Map(), leftOut: [`azcmagent logs: ${why}`] });
  try {
    const output = await run(program, ['logs', '--output', file], timeoutMs);
    if (!('exitCode' in output) || output.exitCode !== 0) return without(reasonOf('azcmagent', output));
    if ((await stat(file)).size > maxZipBytes) return without('the archive is too large');
    return redactArchive(await readFile(file), redaction);
  } catch (error) {
    return without(error instanceof Error ? error.message : String(error));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

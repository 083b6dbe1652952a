import { readFile, rename, writeFile } from 'node:fs/promises';

/** Writes as a whole and for the owner alone: the file may hold the enrolment token. */
export async function writePrivate(file: string, content: string): Promise<void> {
  await writeFile(`${file}.tmp`, content, { mode: 0o600 });
  await rename(`${file}.tmp`, file);
}

/** Undefined when there is no such file. */
export async function readText(file: string): Promise<string | undefined> {
  return readFile(file, 'utf8').catch(() => undefined);
}

import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

const names: readonly string[] = ['local-policy.json', 'hooks'];

/** Empties a data directory of the agent: what the owner wrote stays, as with the agent's own uninstall script. */
export async function removeAllButOwners(directory: string): Promise<void> {
  const found = await readdir(directory).catch(() => []);
  for (const name of found.filter((one) => !names.includes(one)))
    await rm(join(directory, name), { recursive: true, force: true });
  if (!found.some((name) => names.includes(name))) await rm(directory, { recursive: true, force: true });
}

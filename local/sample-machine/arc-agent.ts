import { access, chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writePrivate } from './private-file.ts';

const program = fileURLToPath(new URL('azcmagent.ts', import.meta.url));
const quote = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`;

const isThere = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

/** Machines of Azure Arc have its agent; virtual machines of Azure do not. */
export const isOfArc = (machineId: string): boolean =>
  /\/providers\/Microsoft\.HybridCompute\//i.test(machineId);

/**
 * Puts an `azcmagent` where one is, below `root`, with its configuration. The owner of a sample machine has put the ports
 * on the list once; what he changed later stays.
 */
export async function installArcAgent(root: string, ports: readonly number[]): Promise<void> {
  const bin = join(root, 'opt/azcmagent/bin');
  const folder = join(root, 'var/opt/azcmagent');
  for (const path of [bin, folder]) await mkdir(path, { recursive: true, mode: 0o700 });
  const file = join(folder, 'localconfig.json');
  if (!(await isThere(file)))
    await writePrivate(file, JSON.stringify({ 'incomingconnections.ports': ports.join(',') }));
  const command = [process.execPath, program, folder].map(quote).join(' ');
  await writeFile(join(bin, 'azcmagent'), `#!/bin/sh\nexec ${command} "$@"\n`);
  await chmod(join(bin, 'azcmagent'), 0o700);
}

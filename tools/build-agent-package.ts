import { createHash } from 'node:crypto';
import { copyFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { agentVersion } from '#agent/version.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const scripts = join(root, 'agent/install');
/** Node for machines that have none, `node-linux-x64`, `node-linux-arm64` and `node-win-x64.exe`: whoever deploys may add them. */
const runtimeName = /^node-(linux|win)-[a-z0-9]+(\.exe)?$/;

/** What machines download: agent, scripts, `SHA256SUMS` for the scripts and `manifest.json` for this service. */
export async function buildAgentPackage(options: {
  to: string;
  /** The agent in one file. */
  agent: string;
  /** Folder with Node for machines. */
  runtimes: string | undefined;
}): Promise<void> {
  const { to, agent, runtimes } = options;
  await mkdir(to, { recursive: true });
  await copyFile(agent, join(to, 'agent.mjs'));
  for (const folder of [scripts, join(scripts, 'hooks')])
    for (const file of (await readdir(folder)).filter((name) => /\.(sh|ps1|cs)$/.test(name)))
      await copyFile(join(folder, file), join(to, file));
  const offered = runtimes === undefined ? [] : await readdir(runtimes);
  for (const file of offered.filter((name) => runtimeName.test(name)))
    await copyFile(join(runtimes ?? '', file), join(to, file));

  const describe = async (file: string) => {
    const bytes = await readFile(join(to, file));
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    return [file, { sha256, bytes: bytes.length }] as const;
  };
  const files = await Promise.all((await readdir(to)).toSorted().map(describe));
  const sums = files.map(([file, { sha256 }]) => `${sha256}  ${file}\n`).join('');
  await writeFile(join(to, 'SHA256SUMS'), sums);
  const manifest = {
    version: agentVersion,
    files: Object.fromEntries([...files, await describe('SHA256SUMS')]),
  };
  await writeFile(join(to, 'manifest.json'), `${JSON.stringify(manifest, null, 2)}\n`);
}

import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { AppError } from '#shared/domain/error.ts';

/** `manifest.json` of the package, made by the build. */
const manifestShape = z.object({
  version: z.string(),
  files: z.record(
    z.string().regex(/^[\w.-]+$/),
    z.object({ sha256: z.string().regex(/^[0-9a-f]{64}$/), bytes: z.number().int() }),
  ),
});
type PackageManifest = z.infer<typeof manifestShape>;

/** What machines download to get the agent: a folder of the deployment with a manifest of its files. */
export interface AgentPackage {
  manifest(): Promise<PackageManifest>;
  /** SHA-256 by file, lower-case hex. */
  hashes(): Promise<Record<string, string>>;
  /** Undefined for a file that the manifest does not name. */
  read(file: string): Promise<{ bytes: Buffer; sha256: string } | undefined>;
}

/** `directory` from the app's root. Nothing is read before it is asked for. */
export function openAgentPackage(directory: string): AgentPackage {
  const root = resolve(process.env['AzureWebJobsScriptRoot'] ?? process.cwd(), directory);
  let manifest: Promise<PackageManifest> | undefined;

  async function readManifest(): Promise<PackageManifest> {
    try {
      return manifestShape.parse(JSON.parse(await readFile(join(root, 'manifest.json'), 'utf8')));
    } catch (cause) {
      manifest = undefined;
      throw new AppError('configuration_incomplete', 'the deployment has no agent package', { cause });
    }
  }

  const read = () => (manifest ??= readManifest());

  return {
    manifest: read,
    async hashes() {
      const { files } = await read();
      return Object.fromEntries(Object.entries(files).map(([name, { sha256 }]) => [name, sha256]));
    },
    async read(file) {
      const { files } = await read();
      const known = Object.hasOwn(files, file) ? files[file] : undefined;
      if (!known) return undefined;
      return { bytes: await readFile(join(root, file)), sha256: known.sha256 };
    },
  };
}

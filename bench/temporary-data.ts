import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import type { ApiClient } from '#local/main-job/api-client.ts';
import { type DataFolder, openDataFolder } from '#local/run/data-folder.ts';

/** A data folder of its own, whose authority this process trusts; `remove` takes it away. */
export async function openTemporaryData(): Promise<{ data: DataFolder; remove(): void }> {
  const folder = mkdtempSync(join(tmpdir(), 'admin-center-bench-'));
  const data = await openDataFolder(folder, { fresh: false });
  setDefaultCACertificates([...getCACertificates('default'), data.root.cert]);
  return { data, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** Adds a machine and installs it; answers its id. */
export async function installMachine(
  client: ApiClient,
  { resourceId, port }: { resourceId: string; port: number },
): Promise<string> {
  const { id } = await client.addMachine(resourceId);
  const installed = await client.follow(await client.install(id, port), () => {});
  if (installed.error) throw new Error(installed.error.detail);
  return id;
}

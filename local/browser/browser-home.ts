import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { addAuthority, nssStoreOf } from './nss-store.ts';

/** A home folder for one run of a browser: its profile, and on Linux a store that trusts the local root. */
export interface BrowserHome {
  readonly path: string;
  readonly profile: string;
  /** The environment for the browser: everything that it keeps goes into this home. */
  readonly env: NodeJS.ProcessEnv;
  remove(): void;
}

export async function createBrowserHome(options: { parent: string; caFile: string }): Promise<BrowserHome> {
  mkdirSync(options.parent, { recursive: true });
  const path = mkdtempSync(join(options.parent, 'browser-'));
  const profile = join(path, 'profile');
  // Helpers of a browser that has just ended may still write for a moment.
  const remove = () => rmSync(path, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
  if (process.platform !== 'linux') return { path, profile, env: { ...process.env }, remove };
  try {
    await addAuthority(nssStoreOf(path), options.caFile);
  } catch (error) {
    remove();
    throw error;
  }
  const { XDG_DATA_HOME: _data, XDG_CONFIG_HOME: _config, XDG_CACHE_HOME: _cache, ...rest } = process.env;
  return { path, profile, env: { ...rest, HOME: path }, remove };
}

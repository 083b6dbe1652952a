import { X509Certificate } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { findProgram, runCommand } from './command.ts';

/** Where Chromium on Linux looks for authorities that its user trusts, below the home folder. */
export const nssStoreOf = (home: string): string => join(home, '.pki', 'nssdb');

export const certutilIsMissing =
  'certutil is missing. Debian, Ubuntu: apt-get install libnss3-tools; Fedora: dnf install nss-tools; Arch: pacman -S nss.';

/** Every data folder has a root of its own, so the name carries a part of its fingerprint. */
function authorityName(caFile: string): string {
  const { fingerprint256 } = new X509Certificate(readFileSync(caFile));
  return `Admin Center local root ${fingerprint256.replaceAll(':', '').slice(0, 12).toLowerCase()}`;
}

async function certutil(args: readonly string[]): Promise<void> {
  const { code, output } = await runCommand('certutil', args);
  if (code !== 0) throw new Error(`certutil ${args[2] ?? ''} ended with ${code}: ${output}`);
}

export const hasCertutil = (): boolean => findProgram('certutil') !== undefined;

/** Trusts an authority for TLS servers, and for nothing else; again is harmless. Makes the store when there is none. */
export async function addAuthority(store: string, caFile: string): Promise<void> {
  if (!existsSync(join(store, 'cert9.db'))) {
    mkdirSync(store, { recursive: true, mode: 0o700 });
    await certutil(['-d', `sql:${store}`, '-N', '--empty-password']);
  }
  await certutil(['-d', `sql:${store}`, '-A', '-t', 'C,,', '-n', authorityName(caFile), '-i', caFile]);
}

export async function hasAuthority(store: string, caFile: string): Promise<boolean> {
  if (!existsSync(join(store, 'cert9.db'))) return false;
  const { code } = await runCommand('certutil', ['-d', `sql:${store}`, '-L', '-n', authorityName(caFile)]);
  return code === 0;
}

export async function removeAuthority(store: string, caFile: string): Promise<void> {
  await certutil(['-d', `sql:${store}`, '-D', '-n', authorityName(caFile)]);
}

import { X509Certificate } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { runCommand } from './command.ts';
import {
  addAuthority,
  certutilIsMissing,
  hasAuthority,
  hasCertutil,
  nssStoreOf,
  removeAuthority,
} from './nss-store.ts';

/** One user's trust store of this computer. */
interface TrustStore {
  /** What it is and who reads it, for the person who asked. */
  name: string;
  /** A sentence when something is missing that this store needs. */
  obstacle(): string | undefined;
  has(caFile: string): Promise<boolean>;
  add(caFile: string): Promise<void>;
  remove(caFile: string): Promise<void>;
}

const fingerprintOf = (caFile: string): string =>
  new X509Certificate(readFileSync(caFile)).fingerprint.replaceAll(':', '');

async function run(file: string, args: readonly string[]): Promise<void> {
  const { code, output } = await runCommand(file, args);
  if (code !== 0) throw new Error(`${file} ${args[0] ?? ''} ended with ${code}: ${output}`);
}

const succeeds = async (file: string, args: readonly string[]): Promise<boolean> =>
  (await runCommand(file, args)).code === 0;

function linuxStore(): TrustStore {
  const store = nssStoreOf(homedir());
  return {
    name: `${store} (Chromium, Chrome, Edge)`,
    obstacle: () => (hasCertutil() ? undefined : certutilIsMissing),
    has: (caFile) => hasAuthority(store, caFile),
    add: (caFile) => addAuthority(store, caFile),
    remove: (caFile) => removeAuthority(store, caFile),
  };
}

function macStore(): TrustStore {
  const keychain = join(homedir(), 'Library', 'Keychains', 'login.keychain-db');
  return {
    name: 'your login keychain (Safari, Chrome, Edge)',
    obstacle: () => undefined,
    has: async (caFile) => {
      const { output } = await runCommand('security', ['find-certificate', '-a', '-Z', keychain]);
      return output.includes(fingerprintOf(caFile));
    },
    add: (caFile) =>
      run('security', ['add-trusted-cert', '-r', 'trustRoot', '-p', 'ssl', '-k', keychain, caFile]),
    async remove(caFile) {
      await run('security', ['remove-trusted-cert', caFile]);
      await run('security', ['delete-certificate', '-Z', fingerprintOf(caFile), keychain]);
    },
  };
}

/** Windows' own certutil.exe, which shares no more than its name with the one of NSS. */
const windowsStore = (): TrustStore => ({
  name: 'your user’s Trusted Root store (Edge, Chrome)',
  obstacle: () => undefined,
  has: (caFile) => succeeds('certutil.exe', ['-user', '-verifystore', 'Root', fingerprintOf(caFile)]),
  add: (caFile) => run('certutil.exe', ['-user', '-addstore', 'Root', caFile]),
  remove: (caFile) => run('certutil.exe', ['-user', '-delstore', 'Root', fingerprintOf(caFile)]),
});

function storeOfThisComputer(): TrustStore {
  if (process.platform === 'darwin') return macStore();
  return process.platform === 'win32' ? windowsStore() : linuxStore();
}

/** Says why nothing can be done, or undefined when the store can be used. */
function obstacleOf(store: TrustStore, caFile: string): string | undefined {
  if (!existsSync(caFile)) return `There is no ${caFile} yet: npm start makes it.`;
  return store.obstacle();
}

async function change(caFile: string, work: (store: TrustStore) => Promise<string[]>): Promise<number> {
  const store = storeOfThisComputer();
  const obstacle = obstacleOf(store, caFile);
  if (obstacle) {
    console.error(obstacle);
    return 2;
  }
  try {
    for (const line of await work(store)) console.log(line);
    return 0;
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    return 1;
  }
}

/**
 * Adds the local root to this user's trust store; nobody calls it but the person who asks for it. The root can sign
 * for names below `.localhost` alone. Answers the exit code: 2 when something is missing on this computer.
 */
export const trust = (caFile: string): Promise<number> =>
  change(caFile, async (store) => {
    await store.add(caFile);
    return [
      `Trusted: ${caFile} in ${store.name}.`,
      'It can sign for names below .localhost only. Restart the browser if it is open; Firefox has a store of its own.',
      'To undo: npm run untrust',
    ];
  });

/** Removes what `trust` added; where it is not there, that is said and is no failure. */
export const untrust = (caFile: string): Promise<number> =>
  change(caFile, async (store) => {
    if (!(await store.has(caFile))) return [`Nothing to do: ${caFile} is not in ${store.name}.`];
    await store.remove(caFile);
    return [`Removed: ${caFile} from ${store.name}.`, 'To add it again: npm run trust'];
  });

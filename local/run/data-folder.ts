import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { freePort } from '#local/kit/free-port.ts';
import { type Authority, createIntermediate, createLocalRoot } from '#local/kit/local-authority.ts';
import { openStore } from '#local/kit/store.ts';
import { findPortHolder } from './port-holder.ts';

/** The one folder that holds all of a local run's state; everything in it is readable by its owner alone. */
export interface DataFolder {
  readonly path: string;
  file(...parts: string[]): string;
  store(name: string): DatabaseSync;
  /** A random secret that is made once; base64. */
  secret(name: string): string;
  /** The port of a listener: the one of the last run when it is free, else `preferred`, else any. */
  port(name: string, preferred?: number): Promise<number>;
  /** The port that a person asked for. Throws with what to do when it is taken. */
  exactPort(name: string, wanted: number): Promise<number>;
  /** The port that a listener had in the last run. Throws when there was none. */
  knownPort(name: string): number;
  readonly root: Authority;
  readonly issuer: Authority;
  readonly caFile: string;
  writeJson(name: string, value: unknown): void;
}

function readJson<T>(file: string, empty: T): T {
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as T) : empty;
}

/** Written beside and renamed over, so that a crash leaves the old file or the new one. */
function writePrivate(file: string, text: string): void {
  writeFileSync(`${file}.new`, text, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

export async function openDataFolder(path: string, options: { fresh: boolean }): Promise<DataFolder> {
  const folder = resolve(path);
  if (options.fresh) removeData(folder);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = (...parts: string[]) => join(folder, ...parts);
  writePrivate(file('.admin-center-data'), 'Made by npm start; npm start -- --fresh deletes this folder.\n');

  const secrets = readJson<Record<string, string>>(file('secrets.json'), {});
  const ports = readJson<Record<string, number>>(file('ports.json'), {});
  const taken = new Set<number>();

  const authorities = readJson<{ root: Authority; issuer: Authority } | undefined>(
    file('authority.json'),
    undefined,
  );
  const root = authorities?.root ?? (await createLocalRoot(Date.now()));
  const issuer =
    authorities?.issuer ?? (await createIntermediate(root, 'Admin Center local issuer', Date.now()));
  if (!authorities) writePrivate(file('authority.json'), JSON.stringify({ root, issuer }));
  writePrivate(file('ca.pem'), root.cert);

  const keepPort = (name: string, port: number): number => {
    taken.add(port);
    ports[name] = port;
    writePrivate(file('ports.json'), JSON.stringify(ports, null, 2));
    return port;
  };

  return {
    path: folder,
    file,
    root,
    issuer,
    caFile: file('ca.pem'),
    store: (name) => openStore(file('state', `${name}.sqlite`)),
    secret(name) {
      secrets[name] ??= randomBytes(32).toString('base64');
      writePrivate(file('secrets.json'), JSON.stringify(secrets, null, 2));
      return secrets[name];
    },
    async port(name, preferred) {
      let port = await freePort(ports[name] ?? preferred);
      // Two listeners of one start may be given one free port, because neither listens yet.
      while (taken.has(port)) port = await freePort();
      return keepPort(name, port);
    },
    async exactPort(name, wanted) {
      if ((await freePort(wanted)) === wanted) return keepPort(name, wanted);
      const holder = findPortHolder(wanted) ?? 'another process';
      throw new Error(`Port ${wanted} is taken by ${holder}. End it, or leave --port out to get a free one.`);
    },
    knownPort(name) {
      const port = ports[name];
      if (port === undefined)
        throw new Error('Nothing has been started with this data folder yet: npm start first.');
      return port;
    },
    writeJson: (name, value) => writePrivate(file(name), `${JSON.stringify(value, null, 2)}\n`),
  };
}

/** Deletes only what a local run has made: a folder without our mark is left alone. */
function removeData(folder: string): void {
  if (!existsSync(folder)) return;
  if (!existsSync(join(folder, '.admin-center-data'))) {
    throw new Error(
      `${folder} was not made by a local run; it is not deleted. Choose another --data folder.`,
    );
  }
  rmSync(folder, { recursive: true, force: true });
}

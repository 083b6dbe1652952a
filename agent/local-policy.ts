import { unwatchFile, watchFile } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { readIfPresent } from './durable-file.ts';

/** An editor that empties the file before it writes has written by then. */
const halfWrittenMs = 100;

const policyFile = z.strictObject({
  'incomingconnections.enabled': z.boolean().optional(),
  /** Several ports with commas between them (requirement 42). */
  'incomingconnections.ports': z.string().optional(),
});

/** What the machine itself allows. It wins over everything that the control plane says (requirements 38-42). */
export interface LocalPolicy {
  enabled: boolean;
  ports: ReadonlySet<number>;
}

const same = (left: LocalPolicy, right: LocalPolicy): boolean =>
  left.enabled === right.enabled &&
  left.ports.size === right.ports.size &&
  [...left.ports].every((port) => right.ports.has(port));

const denyAll: LocalPolicy = { enabled: false, ports: new Set() };

function parsePorts(text: string): ReadonlySet<number> {
  const pieces = text
    .split(',')
    .map((piece) => piece.trim())
    .filter((piece) => piece !== '');
  return new Set(
    pieces.map((piece) => {
      const port = /^\d{1,5}$/.test(piece) ? Number(piece) : 0;
      if (port < 1 || port > 65_535) throw new Error(`${piece} is no port`);
      return port;
    }),
  );
}

/** `text` is undefined when there is no file: then what was installed, and it alone, is open. Throws when it is damaged. */
export function parsePolicy(text: string | undefined, installedPorts: readonly number[]): LocalPolicy {
  const file = text === undefined ? {} : policyFile.parse(JSON.parse(text));
  const ports = file['incomingconnections.ports'];
  return {
    enabled: file['incomingconnections.enabled'] ?? true,
    ports: ports === undefined ? new Set(installedPorts) : parsePorts(ports),
  };
}

/** The policy as it is on the disk now. Throws when it is damaged. */
export async function readPolicy(
  dataDirectory: string,
  installedPorts: readonly number[],
): Promise<LocalPolicy> {
  return parsePolicy(await readIfPresent(join(dataDirectory, 'local-policy.json')), installedPorts);
}

export interface PolicyWatch {
  current(): LocalPolicy;
  close(): void;
}

export interface PolicyWatchOptions {
  dataDirectory: string;
  installedPorts: readonly number[];
  /** How often the file is looked at. */
  intervalMs?: number;
  onChange(policy: LocalPolicy): void;
  /** The file is damaged: until it is mended everything is refused. */
  onDamage(error: unknown): void;
}

/** Reads `local-policy.json` in the data directory and again whenever it changes; it works on every file system. */
export async function watchPolicy(options: PolicyWatchOptions): Promise<PolicyWatch> {
  const file = join(options.dataDirectory, 'local-policy.json');

  const readFile = () => readPolicy(options.dataDirectory, options.installedPorts);

  async function read(): Promise<LocalPolicy> {
    try {
      return await readFile().catch(() => sleep(halfWrittenMs).then(readFile));
    } catch (error) {
      options.onDamage(error);
      return denyAll;
    }
  }

  let policy = await read();
  let isClosed = false;

  async function reread(): Promise<void> {
    const next = await read();
    // A file that does not exist is announced once, too.
    if (isClosed || same(policy, next)) return;
    policy = next;
    options.onChange(next);
  }
  const onFileChange = () => {
    void reread();
  };
  watchFile(file, { interval: options.intervalMs ?? 1000, persistent: false }, onFileChange);
  return {
    current: () => policy,
    close() {
      isClosed = true;
      unwatchFile(file, onFileChange);
    },
  };
}

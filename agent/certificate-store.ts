import type { X509Certificate } from 'node:crypto';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { SecureContext } from 'node:tls';
import type { CryptoKey } from 'jose';
import { AppError } from '#shared/domain/error.ts';
import type {
  AgentState,
  CertificateContent,
  DeliveredCertificate,
} from '#shared/protocol/agent-messages.ts';
import { unsealCertificate } from '#shared/protocol/sealed-certificate.ts';
import type { CertificateKeys } from './certificate-keys.ts';
import { type CertificatePair, leafOf, readPair, requireNames } from './certificate-pair.ts';
import { ensurePrivateDirectory, readIfPresent, removeLeftovers, writeDurably } from './durable-file.ts';
import { isMachineName, type MachineNames } from './host-names.ts';

type Announced = Pick<NonNullable<AgentState['certificate']>, 'thumbprint' | 'custody'>;

/**
 * The certificates that the agent serves, one for each of its names, whoever made their keys. New handshakes take
 * the newest of a name; open connections stay as they are.
 */
export interface CertificateStore {
  /** Takes the certificates of an earlier run from the disk. */
  load(): Promise<void>;
  /** Of what is in use now under this name. */
  thumbprint(machineName: string): string | undefined;
  leaf(machineName: string): X509Certificate | undefined;
  isEmpty(): boolean;
  /** The context for a server name that one of the certificates covers, or undefined. */
  contextFor(serverName: string): SecureContext | undefined;
  /**
   * Opens, checks, serves and keeps. Throws `leaf_mismatch`, and changes nothing, when it is not the one that was
   * announced, not for these names, or not for a key of this machine.
   */
  install(delivered: DeliveredCertificate, announced: Announced, names: MachineNames): Promise<void>;
  /** Forgets the certificates of all other names, on the disk too, and writes what could not be written before. */
  keepOnly(names: readonly MachineNames[]): Promise<void>;
}

export interface CertificateStoreOptions {
  dataDirectory: string;
  unsealingKey: CryptoKey;
  keys: CertificateKeys;
  /** A file that cannot be read, whose certificate is fetched again, or one that cannot be written. */
  onFileFailure(file: string, error: unknown): void;
}

const suffix = '.pem';

/** The machine name in the base name of a leaf, the one that is no wildcard. */
function machineNameIn({ leaf }: CertificatePair): string | undefined {
  const names = (leaf.subjectAltName ?? '').split(', ').map((entry) => entry.replace(/^DNS:/, ''));
  return names.map((name) => /^([a-z2-7]{26})\./.exec(name)?.[1]).find((name) => name !== undefined);
}

/** `certificates/<machine name>.pem` holds key and chain in one file, so that both change in one rename. */
export function createCertificateStore(options: CertificateStoreOptions): CertificateStore {
  const directory = join(options.dataDirectory, 'certificates');
  /** Where earlier agents kept the only one. */
  const formerFile = join(options.dataDirectory, 'certificate.pem');
  const fileOf = (machineName: string) => join(directory, `${machineName}${suffix}`);
  const served = new Map<string, CertificatePair>();
  /** Text of those that are not on the disk, by machine name. */
  const unkept = new Map<string, string>();

  /** A full disk must not keep the old certificate in service until it expires: the file is for the next start. */
  async function keep(): Promise<void> {
    for (const [machineName, text] of unkept) {
      try {
        await writeDurably(fileOf(machineName), text);
        unkept.delete(machineName);
      } catch (error) {
        options.onFileFailure(fileOf(machineName), error);
      }
    }
  }

  function forget(machineName: string): void {
    served.delete(machineName);
    unkept.delete(machineName);
  }

  async function loadFile(file: string, accept: (pair: CertificatePair, text: string) => Promise<void>) {
    try {
      const text = await readIfPresent(file);
      if (text !== undefined) await accept(readPair({ privateKeyPem: text, chainPem: text }), text);
    } catch (error) {
      options.onFileFailure(file, error);
    }
  }

  /** A crash on the way repeats it: the new file counts from the moment that it is there. */
  async function takeOverFormer(): Promise<void> {
    await loadFile(formerFile, async (pair, text) => {
      const machineName = machineNameIn(pair);
      if (machineName === undefined) return;
      if (!served.has(machineName)) {
        served.set(machineName, pair);
        await writeDurably(fileOf(machineName), text);
      }
      await rm(formerFile);
    });
  }

  async function open(
    delivered: DeliveredCertificate,
    custody: Announced['custody'],
  ): Promise<CertificateContent> {
    if ('sealed' in delivered !== (custody === 'vault'))
      throw new AppError('leaf_mismatch', 'the key of the certificate is not held where it was announced');
    if ('sealed' in delivered) return unsealCertificate(options.unsealingKey, delivered.sealed);
    const { chainPem } = delivered;
    return { chainPem, privateKeyPem: await options.keys.keyOf(leafOf(chainPem)) };
  }

  return {
    async load() {
      await ensurePrivateDirectory(directory);
      await removeLeftovers(directory);
      for (const name of await readdir(directory)) {
        const machineName = name.slice(0, -suffix.length);
        if (!name.endsWith(suffix) || !isMachineName(machineName)) continue;
        await loadFile(fileOf(machineName), async (pair) => void served.set(machineName, pair));
      }
      await takeOverFormer();
    },
    thumbprint: (machineName) => served.get(machineName)?.thumbprint,
    leaf: (machineName) => served.get(machineName)?.leaf,
    isEmpty: () => served.size === 0,
    contextFor(serverName) {
      return [...served.values()].find(({ leaf }) => leaf.checkHost(serverName) !== undefined)?.context;
    },
    async install(delivered, announced, names) {
      if (!isMachineName(names.machineName))
        throw new AppError('leaf_mismatch', 'the machine has no name that a certificate could be for');
      const content = await open(delivered, announced.custody);
      const pair = readPair(content);
      if (pair.thumbprint !== delivered.thumbprint || pair.thumbprint !== announced.thumbprint)
        throw new AppError('leaf_mismatch', 'the certificate is not the one that was announced');
      requireNames(pair.leaf, names);
      served.set(names.machineName, pair);
      unkept.set(
        names.machineName,
        `${content.privateKeyPem.trim()}
${content.chainPem.trim()}
`,
      );
      await keep();
    },
    async keepOnly(names) {
      const kept = new Set(names.map(({ machineName }) => `${machineName}${suffix}`));
      for (const machineName of served.keys()) if (!kept.has(`${machineName}${suffix}`)) forget(machineName);
      await keep();
      for (const name of await readdir(directory))
        if (name.endsWith(suffix) && !kept.has(name)) await rm(join(directory, name), { force: true });
    },
  };
}

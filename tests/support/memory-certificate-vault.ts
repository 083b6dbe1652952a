import { AppError } from '#shared/domain/error.ts';
import type { CertificateVault, VaultCertificate } from '#shared/ports/certificate-vault.ts';
import { decodeChain, leafOf } from './memory-certificate-chain.ts';

type Tags = Readonly<Record<string, string>>;

interface Version {
  certificate: VaultCertificate;
  chain: string;
  isDisabled?: boolean;
}

interface Entry {
  pending?: { issuer: string; request: string; hostNames: string[]; tags: Tags };
  versions: Version[];
  /** Chains whose keys machines hold. */
  kept: Version[];
}

const isSameSet = (a: readonly string[], b: readonly string[]) =>
  a.length === b.length && a.every((name) => b.includes(name));

/** A vault in memory. Its requests are texts that name the key that they were made with. */
export function createMemoryCertificateVault() {
  const entries = new Map<string, Entry>();
  const custody: { ofDeleted: 'purged' | 'kept' } = { ofDeleted: 'purged' };
  let keys = 0;
  /** Never used twice, also after a removal. */
  let versions = 0;
  const entryOf = (name: string): Entry => {
    const entry = entries.get(name) ?? { versions: [], kept: [] };
    entries.set(name, entry);
    return entry;
  };
  const nextVersion = () => String((versions += 1));

  function requireVersion(name: string, version: string): Version {
    const found = entries.get(name)?.versions.find(({ certificate }) => certificate.version === version);
    if (!found || found.isDisabled)
      throw new AppError('certificate_missing', `there is no version ${version} of ${name}`);
    return found;
  }

  return {
    /** What a purge answers: `kept` is a vault that purges nothing. */
    custody,
    /** All that is there, disabled or not. */
    names: () => [...entries.keys()],
    /** Keys that were made so far. */
    keysMade: () => keys,
    pendingNames: () => [...entries].flatMap(([name, { pending }]) => (pending ? [name] : [])),
    async beginCertificate(name: string, issuer: string, hostNames: readonly string[], tags: Tags) {
      const entry = entryOf(name);
      const { pending } = entry;
      const isWanted = pending?.issuer === issuer && isSameSet(pending.hostNames, hostNames);
      const request = isWanted ? pending.request : `request of key ${(keys += 1)}`;
      if (!isWanted) entry.pending = { issuer, request, hostNames: [...hostNames], tags };
      return new TextEncoder().encode(request);
    },
    async mergeCertificate(name: string, chain: string) {
      const entry = entryOf(name);
      const leaf = leafOf(chain);
      const merged = entry.versions.find(({ certificate }) => certificate.thumbprint === leaf.thumbprint);
      if (merged) return merged.certificate;
      const { pending } = entry;
      const answered = Buffer.from(decodeChain(chain).request, 'base64').toString();
      if (pending?.request !== answered) {
        throw new AppError('key_vault_refused', 'the chain is not for the pending key');
      }
      const { hostNames, tags } = pending;
      const certificate = { ...leaf, version: nextVersion(), hostNames, tags };
      entry.versions.push({ certificate, chain });
      delete entry.pending;
      return certificate;
    },
    async findCertificate(name: string) {
      const newest = entries.get(name)?.versions.at(-1);
      return newest?.isDisabled ? undefined : newest?.certificate;
    },
    async readPrivate(name: string, version: string) {
      const { chain } = requireVersion(name, version);
      return { privateKeyPem: `key of ${name} ${version}`, chainPem: chain };
    },
    async readChain(name: string, version: string) {
      return requireVersion(name, version).chain;
    },
    async keepChain(name: string, chain: string, tags: Tags) {
      const { kept } = entryOf(name);
      const same = kept.find((one) => one.chain === chain && !one.isDisabled);
      if (same) return same.certificate;
      const { hostNames } = decodeChain(chain);
      const certificate = { ...leafOf(chain), version: nextVersion(), hostNames, tags };
      kept.push({ certificate, chain });
      return certificate;
    },
    async findKeptChain(name: string, version?: string) {
      const kept = entries.get(name)?.kept ?? [];
      const found = version ? kept.find(({ certificate }) => certificate.version === version) : kept.at(-1);
      return found?.isDisabled ? undefined : found?.chain;
    },
    async cancelPending(name: string) {
      delete entryOf(name).pending;
    },
    async disableCertificate(name: string) {
      const entry = entries.get(name);
      if (!entry) return;
      delete entry.pending;
      for (const version of [...entry.versions, ...entry.kept]) version.isDisabled = true;
    },
    async purgeCertificate(name: string) {
      entries.delete(name);
      return custody.ofDeleted;
    },
  } satisfies CertificateVault & Record<string, unknown>;
}

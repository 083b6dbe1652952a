import { AppError } from '#shared/domain/error.ts';
import type { CertificateVault, VaultCertificate } from '#shared/ports/certificate-vault.ts';
import { decodeChain, leafOf } from './memory-certificate-chain.ts';

interface Entry {
  pending?: { request: string; hostNames: string[]; tags: Readonly<Record<string, string>> };
  versions: { certificate: VaultCertificate; chain: string }[];
}

/** A vault in memory. Its requests are texts that name the key that they were made with. */
export function createMemoryCertificateVault() {
  const entries = new Map<string, Entry>();
  let keys = 0;
  const entryOf = (name: string): Entry => {
    const entry = entries.get(name) ?? { versions: [] };
    entries.set(name, entry);
    return entry;
  };

  return {
    /** Keys that were made so far. */
    keysMade: () => keys,
    pendingNames: () => [...entries].flatMap(([name, { pending }]) => (pending ? [name] : [])),
    async beginCertificate(
      name: string,
      hostNames: readonly string[],
      tags: Readonly<Record<string, string>>,
    ) {
      const entry = entryOf(name);
      if (entry.pending?.hostNames.join() !== hostNames.join()) {
        entry.pending = { request: `request of key ${(keys += 1)}`, hostNames: [...hostNames], tags };
      }
      return new TextEncoder().encode(entry.pending.request);
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
      const version = String(entry.versions.length + 1);
      const certificate = { ...leaf, version, hostNames: pending.hostNames, tags: pending.tags };
      entry.versions.push({ certificate, chain });
      delete entry.pending;
      return certificate;
    },
    async findCertificate(name: string) {
      return entries.get(name)?.versions.at(-1)?.certificate;
    },
    async readPrivate(name: string, version: string) {
      const found = entries.get(name)?.versions.find(({ certificate }) => certificate.version === version);
      if (!found) throw new AppError('certificate_missing', `there is no version ${version} of ${name}`);
      return { privateKeyPem: `key of ${name} ${version}`, chainPem: found.chain };
    },
    async cancelPending(name: string) {
      delete entryOf(name).pending;
    },
    async removeCertificate(name: string) {
      entries.delete(name);
    },
  } satisfies CertificateVault & Record<string, unknown>;
}

import { AppError } from '#shared/domain/error.ts';
import type { SecretStore } from '#shared/ports/secret-store.ts';

/** Secrets by name, each with its versions as texts, the newest last. */
export function createMemorySecretStore(secrets: Readonly<Record<string, readonly string[]>>) {
  const versionsOf = (name: string) => {
    const versions = secrets[name];
    if (!versions) throw new AppError('configuration_incomplete', `there is no secret ${name}`);
    return versions.map((text, index) => ({ value: Buffer.from(text), version: String(index + 1) }));
  };
  return {
    async getSecret(name: string, version?: string) {
      const versions = versionsOf(name);
      const found = version === undefined ? versions.at(-1) : versions.find((one) => one.version === version);
      if (!found) throw new AppError('configuration_incomplete', `there is no version of secret ${name}`);
      return found;
    },
    async listSecretVersions(name: string) {
      return versionsOf(name).toReversed();
    },
  } satisfies SecretStore;
}

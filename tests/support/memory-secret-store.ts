import { AppError } from '#shared/domain/error.ts';
import type { SecretStore } from '#shared/ports/secret-store.ts';

/** Secrets by name, each with its versions as texts, the newest last. */
export function createMemorySecretStore(given: Readonly<Record<string, readonly string[]>>) {
  const secrets = new Map(Object.entries(given).map(([name, versions]) => [name, [...versions]]));
  const versionsOf = (name: string) => {
    const versions = secrets.get(name);
    if (!versions) throw new AppError('configuration_incomplete', `there is no secret ${name}`);
    return versions.map((text, index) => ({ value: Buffer.from(text), version: String(index + 1) }));
  };
  return {
    /** A test adds a newer version. */
    add: (name: string, text: string) => void secrets.get(name)?.push(text),
    async getSecret(name: string, version?: string) {
      const versions = versionsOf(name);
      const found = version === undefined ? versions.at(-1) : versions.find((one) => one.version === version);
      if (!found) throw new AppError('configuration_incomplete', `there is no version of secret ${name}`);
      return found;
    },
    async listSecretVersions(name: string) {
      return versionsOf(name).toReversed();
    },
  } satisfies SecretStore & Record<string, unknown>;
}

import type { InspectedTable } from '#local/kit/stand-in.ts';
import { parametersOf } from './key-material.ts';
import type { Kind, StoredObject, StoredVersion, VaultStore } from './vault-store.ts';

/** More than a person reads. */
const maxRows = 200;

const when = (seconds: number | undefined) =>
  seconds === undefined ? '' : new Date(seconds * 1000).toISOString();

const stateOf = (object: StoredObject, version: StoredVersion | undefined) => {
  if (object.deletedAt !== undefined) return `deleted, recoverable until ${when(object.purgeAt)}`;
  if (!version || version.pending) return 'pending';
  return version.enabled ? 'enabled' : 'disabled';
};

/** What lies in the vaults: names, states and times; no value and no key. */
export function inspectVaults(store: VaultStore, vaults: readonly string[]): InspectedTable[] {
  const entries = <K extends Kind>(kind: K) =>
    vaults
      .flatMap((vault) => [false, true].flatMap((deleted) => store.list(vault, kind, deleted, '', maxRows)))
      .map((object) => ({
        object,
        version: store.latest(object),
        count: store.versions(object, '', maxRows).length,
      }))
      .slice(0, maxRows);
  const certificates = entries('certificates');
  return [
    {
      title: 'Certificates',
      columns: ['vault', 'name', 'state', 'issuer', 'key', 'versions', 'expires'],
      rows: certificates.map(({ object, version, count }) => {
        const { issuer, key_props: key } = object.detail.policy;
        const kind = key.kty === 'EC' ? `EC ${key.crv ?? ''}` : `RSA ${key.key_size}`;
        const state = stateOf(object, version);
        return [object.vault, object.name, state, issuer.name, kind, count, when(version?.expires)];
      }),
    },
    {
      title: 'Pending operations',
      columns: ['vault', 'certificate', 'status', 'issuer', 'request'],
      rows: certificates.flatMap(({ object: { vault, name, detail } }) =>
        detail.operation && detail.operation.status !== 'completed'
          ? [[vault, name, detail.operation.status, detail.operation.issuerName, detail.operation.requestId]]
          : [],
      ),
    },
    {
      title: 'Keys',
      columns: ['vault', 'name', 'state', 'type', 'versions', 'of a certificate'],
      rows: entries('keys').map(({ object, version, count }) => {
        const parameters = version && parametersOf(version.body.privateKey);
        const kind = parameters?.kty === 'EC' ? `EC ${parameters.curve}` : `RSA ${parameters?.keySize ?? ''}`;
        return [
          object.vault,
          object.name,
          stateOf(object, version),
          kind,
          count,
          object.managed ? 'yes' : 'no',
        ];
      }),
    },
    {
      title: 'Secrets',
      columns: ['vault', 'name', 'state', 'content type', 'versions', 'of a certificate'],
      rows: entries('secrets').map(({ object, version, count }) => [
        object.vault,
        object.name,
        stateOf(object, version),
        version?.contentType ?? '',
        count,
        object.managed ? 'yes' : 'no',
      ]),
    },
  ];
}

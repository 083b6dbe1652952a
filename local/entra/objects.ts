import { createHash } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';

/** An API permission that people can be asked for (Graph: permissionScope). */
interface PermissionScope {
  id: string;
  value: string;
  type: string;
  isEnabled: boolean;
  adminConsentDisplayName: string;
  adminConsentDescription: string;
}

interface AppRole {
  id: string;
  value: string;
  displayName: string;
  description: string;
  allowedMemberTypes: readonly string[];
  isEnabled: boolean;
}

/** Members as Microsoft Graph v1.0 names them (resource type `application`). */
export interface Application {
  id: string;
  appId: string;
  displayName: string;
  createdDateTime: string;
  signInAudience: string;
  identifierUris: readonly string[];
  api: { requestedAccessTokenVersion: number | null; oauth2PermissionScopes: readonly PermissionScope[] };
  appRoles: readonly AppRole[];
  spa: { redirectUris: readonly string[] };
  web: { redirectUris: readonly string[] };
  publicClient: { redirectUris: readonly string[] };
  requiredResourceAccess: readonly {
    resourceAppId: string;
    resourceAccess: readonly { id: string; type: string }[];
  }[];
  passwordCredentials: readonly {
    keyId: string;
    displayName: string | null;
    hint: string;
    startDateTime: string;
    endDateTime: string;
    /** SHA-256 of the secret; never shown. */
    hash: string;
  }[];
  keyCredentials: readonly {
    keyId: string;
    displayName: string | null;
    type: 'AsymmetricX509Cert';
    usage: 'Verify';
    /** Base64 DER. */
    key: string;
  }[];
  /** Of the sample tenant: consented to for everybody. */
  isSample: boolean;
}

export interface ServicePrincipal {
  id: string;
  appId: string;
  displayName: string;
  memberOf: readonly string[];
}

/** Delegated permissions that were consented to. */
interface PermissionGrant {
  id: string;
  /** Object id of the client's service principal. */
  clientId: string;
  consentType: 'AllPrincipals' | 'Principal';
  principalId: string | null;
  /** Object id of the API's service principal. */
  resourceId: string;
  /** Names with blanks between them. */
  scope: string;
}

interface RoleAssignment {
  id: string;
  principalId: string;
  resourceId: string;
  appRoleId: string;
  createdDateTime: string;
}

interface Kinds {
  application: Application;
  servicePrincipal: ServicePrincipal;
  permissionGrant: PermissionGrant;
  roleAssignment: RoleAssignment;
}

/** The directory objects that Graph may change. Ids compare without regard to case. */
export interface DirectoryObjects {
  list<K extends keyof Kinds>(kind: K): Kinds[K][];
  find<K extends keyof Kinds>(kind: K, id: string): Kinds[K] | undefined;
  /** Committed when this returns. */
  save<K extends keyof Kinds>(kind: K, object: Kinds[K]): void;
  remove(kind: keyof Kinds, id: string): void;
  /** What the sample tenant begins with; saved again only when it differs from the last time, so that changes stay. */
  seed<K extends keyof Kinds>(kind: K, object: Kinds[K]): void;
}

/** The same text always gives the same id. */
export function idOf(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

export function openDirectoryObjects(store: DatabaseSync): DirectoryObjects {
  store.exec(`CREATE TABLE IF NOT EXISTS entra_object (
    kind TEXT NOT NULL, id TEXT NOT NULL COLLATE NOCASE, body TEXT NOT NULL, seed TEXT,
    PRIMARY KEY (kind, id)) STRICT`);
  const write = store.prepare(`INSERT INTO entra_object (kind, id, body, seed) VALUES (?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET body = excluded.body, seed = coalesce(excluded.seed, seed)`);
  const read = store.prepare('SELECT body, seed FROM entra_object WHERE kind = ? AND id = ?');
  const all = store.prepare('SELECT body FROM entra_object WHERE kind = ? ORDER BY rowid');
  const drop = store.prepare('DELETE FROM entra_object WHERE kind = ? AND id = ?');
  const parse = <K extends keyof Kinds>(_kind: K, body: unknown) => JSON.parse(String(body)) as Kinds[K];
  return {
    list: (kind) => all.all(kind).map(({ body }) => parse(kind, body)),
    find(kind, id) {
      const row = read.get(kind, id);
      return row && parse(kind, row['body']);
    },
    save: (kind, object) => void write.run(kind, object.id, JSON.stringify(object), null),
    remove: (kind, id) => void drop.run(kind, id),
    seed(kind, object) {
      const body = JSON.stringify(object);
      if (read.get(kind, object.id)?.['seed'] !== body) write.run(kind, object.id, body, body);
    },
  };
}

/** Somebody in the directory. `name`: UPN or display name, where the directory may say it. */
export interface NamedPrincipal {
  kind: 'user' | 'group' | 'application' | 'unknown';
  name?: string;
}

/** By object id in lower case. What is in neither could not be found out. */
export interface PrincipalSearch {
  found: ReadonlyMap<string, NamedPrincipal>;
  /** The directory says that it has nobody with this id. */
  missing: ReadonlySet<string>;
}

/**
 * Names for object ids, to show beside them: nothing is decided by a name. Never rejects because the directory is silent or
 * lets nobody in; then nothing is found out.
 */
export interface PrincipalNames {
  /** Any number of ids, in any case. */
  find(ids: readonly string[]): Promise<PrincipalSearch>;
}

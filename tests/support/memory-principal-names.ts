import type { NamedPrincipal, PrincipalNames } from '#shared/ports/principal-names.ts';

/** A directory by object id in lower case; `mayRead` false is an app without the permission. */
export function createMemoryPrincipalNames() {
  const people = new Map<string, NamedPrincipal>();
  const names = {
    people,
    mayRead: true,
    async find(ids: readonly string[]) {
      const wanted = names.mayRead ? ids.map((id) => id.toLowerCase()) : [];
      return {
        found: new Map([...people].filter(([id]) => wanted.includes(id))),
        missing: new Set(wanted.filter((id) => !people.has(id))),
      };
    },
  };
  return names satisfies PrincipalNames;
}

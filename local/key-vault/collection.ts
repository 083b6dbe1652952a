import { recoverableDays } from './attributes.ts';
import { keyOf, nowSeconds, type Route, type VaultCall, type VaultContext } from './vault-call.ts';
import { badParameter, conflict, forbidden, purgeForbidden, VaultError } from './vault-error.ts';
import type { Kind, ObjectKey, StoredObject, StoredVersion } from './vault-store.ts';

/** What differs between certificates, keys and secrets in the operations that all three have. */
export interface Collection<K extends Kind> {
  kind: K;
  /** As operations name it: `GetDeletedSecret`, `SecretNotFound`, "a secret". */
  noun: 'Certificate' | 'Key' | 'Secret';
  /** The whole, as `get` answers it. */
  bundle(context: VaultContext, call: VaultCall, object: StoredObject<K>, version: StoredVersion<K>): object;
  /** The member of a list; `id` has no version in lists of names. */
  item(context: VaultContext, id: string, object: StoredObject<K>, version: StoredVersion<K>): object;
}

const maxPage = 25;
const dayS = 24 * 60 * 60;

function notFound(noun: string, name: string): VaultError {
  return new VaultError(
    404,
    `${noun}NotFound`,
    `A ${noun.toLowerCase()} with (name/id) ${name} was not found in this key vault. If you recently deleted this ` +
      `${noun.toLowerCase()} you may be able to recover it using the correct recovery command.`,
  );
}

const nouns = { certificates: 'Certificate', keys: 'Key', secrets: 'Secret' } as const;

/** Throws 404 when the name does not exist or is deleted. */
export function requireObject<K extends Kind>({ store }: VaultContext, key: ObjectKey<K>): StoredObject<K> {
  const object = store.find(key);
  if (!object || object.deletedAt !== undefined) throw notFound(nouns[key.kind], key.name);
  return object;
}

/** The version that the route names, or the latest; throws 404. */
export function requireVersion<K extends Kind>(
  context: VaultContext,
  call: VaultCall,
  kind: K,
): { object: StoredObject<K>; version: StoredVersion<K> } {
  const key = keyOf(call, kind);
  const object = requireObject(context, key);
  const wanted = call.parameters['version'];
  const version = wanted ? context.store.findVersion(key, wanted) : context.store.latest(key);
  if (!version) throw notFound(nouns[kind], wanted ? `${key.name}/${wanted}` : key.name);
  return { object, version };
}

/** Throws 409 while a deleted object holds the name, or a certificate does. */
export function requireFreeName({ store }: VaultContext, key: ObjectKey): void {
  const object = store.find(key);
  if (object?.deletedAt !== undefined)
    throw conflict(
      `${nouns[key.kind]} ${key.name} is currently in a deleted but recoverable state, and its name cannot be ` +
        'reused; in this state, the object can only be recovered or purged.',
      'ObjectIsDeletedButRecoverable',
    );
  if (object?.managed && key.kind !== 'certificates')
    throw conflict(`The name ${key.name} belongs to a certificate, which manages this object.`);
}

/** The key and the secret of a certificate share its fate. */
const family = (object: StoredObject): ObjectKey[] =>
  object.kind === 'certificates'
    ? (['certificates', 'keys', 'secrets'] as const).map((kind) => ({ ...object, kind }))
    : [object];

function requireOwn<K extends Kind>(object: StoredObject<K>, operation: string): void {
  if (object.managed && object.kind !== 'certificates')
    throw forbidden(
      `Operation ${operation} is not allowed on ${object.name}: it is managed by the certificate of that name.`,
      'OperationNotAllowedOnManagedObject',
    );
}

export function pageOf(call: VaultCall): { limit: number; after: string } {
  const limit = Number(call.query.get('maxresults') ?? maxPage);
  if (!Number.isInteger(limit) || limit < 1 || limit > maxPage)
    throw badParameter(`maxresults must be between 1 and ${maxPage}`);
  return { limit, after: Buffer.from(call.query.get('$skiptoken') ?? '', 'base64url').toString() };
}

/** One page and the link to the next; `all` has one member more than the page when there is a next. */
export function page<T>(
  call: VaultCall,
  path: string,
  all: T[],
  limit: number,
  cursor: (last: T) => string,
  item: (one: T) => object,
) {
  const members = all.slice(0, limit);
  const last = members.at(-1);
  const query = new URLSearchParams(call.query);
  if (last !== undefined) query.set('$skiptoken', Buffer.from(cursor(last)).toString('base64url'));
  const nextLink = all.length > limit ? `${call.baseUrl}${path}?${query}` : null;
  return { status: 200, body: { value: members.map(item), nextLink } };
}

/** The operations that certificates, keys and secrets have in common. */
export function collectionRoutes<K extends Kind>(collection: Collection<K>): Route[] {
  const { kind, noun } = collection;
  const idOf = (call: VaultCall, name: string) => `${call.baseUrl}/${kind}/${name}`;

  const deletion = (call: VaultCall, object: StoredObject<K>) => ({
    recoveryId: `${call.baseUrl}/deleted${kind}/${object.name}`,
    deletedDate: object.deletedAt,
    scheduledPurgeDate: object.purgeAt,
  });

  const requireDeleted = ({ store }: VaultContext, call: VaultCall) => {
    const key = keyOf(call, kind);
    const object = store.find(key);
    const version = store.latest(key);
    if (object?.deletedAt === undefined || !version)
      throw new VaultError(404, `${noun}NotFound`, `Deleted ${noun} not found: ${key.name}`);
    return { object, version };
  };

  const list = (deleted: boolean) => (context: VaultContext, call: VaultCall) => {
    const { limit, after } = pageOf(call);
    const { store } = context;
    const withPending = call.query.get('includePending') === 'true';
    const entries = store.list(call.vault, kind, deleted, after, limit + 1);
    const path = deleted ? `/deleted${kind}` : `/${kind}`;
    const reply = page(
      call,
      path,
      entries,
      limit,
      ({ name }) => name,
      (object) => {
        const version = store.latest(object);
        if (!version || (version.pending && !withPending)) return {};
        const item = collection.item(context, idOf(call, object.name), object, version);
        return deleted ? { ...item, ...deletion(call, object) } : item;
      },
    );
    reply.body.value = reply.body.value.filter((item) => Object.keys(item).length > 0);
    return reply;
  };

  return [
    { method: 'GET', path: `/${kind}`, operation: `Get${noun}s`, handle: list(false) },
    { method: 'GET', path: `/deleted${kind}`, operation: `GetDeleted${noun}s`, handle: list(true) },
    {
      method: 'GET',
      path: `/${kind}/{name}/versions`,
      operation: `Get${noun}Versions`,
      handle(context, call) {
        const { limit, after } = pageOf(call);
        const object = requireObject(context, keyOf(call, kind));
        const versions = context.store.versions(object, after, limit + 1);
        const id = idOf(call, object.name);
        return page(
          call,
          `/${kind}/${object.name}/versions`,
          versions,
          limit,
          ({ version }) => version,
          (one) => collection.item(context, `${id}/${one.version}`, object, one),
        );
      },
    },
    {
      method: 'DELETE',
      path: `/${kind}/{name}`,
      operation: `Delete${noun}`,
      handle: (context, call) =>
        context.store.atomically(() => {
          const { object, version } = requireVersion(context, call, kind);
          requireOwn(object, 'delete');
          const deletedAt = nowSeconds(context);
          const purgeAt = deletedAt + recoverableDays * dayS;
          for (const key of family(object)) {
            const member = context.store.find(key);
            if (member) context.store.save({ ...member, deletedAt, purgeAt });
          }
          const deleted = { ...object, deletedAt, purgeAt };
          const bundle = collection.bundle(context, call, object, version);
          return { status: 200, body: { ...bundle, ...deletion(call, deleted) } };
        }),
    },
    {
      method: 'GET',
      path: `/deleted${kind}/{name}`,
      operation: `GetDeleted${noun}`,
      handle(context, call) {
        const { object, version } = requireDeleted(context, call);
        const bundle = collection.bundle(context, call, object, version);
        return { status: 200, body: { ...bundle, ...deletion(call, object) } };
      },
    },
    {
      method: 'POST',
      path: `/deleted${kind}/{name}/recover`,
      operation: `RecoverDeleted${noun}`,
      handle: (context, call) =>
        context.store.atomically(() => {
          const { object, version } = requireDeleted(context, call);
          requireOwn(object, 'recover');
          for (const key of family(object)) {
            const { deletedAt: _, purgeAt: __, ...member } = context.store.find(key) ?? object;
            context.store.save(member);
          }
          return { status: 200, body: collection.bundle(context, call, object, version) };
        }),
    },
    {
      method: 'DELETE',
      path: `/deleted${kind}/{name}`,
      operation: `PurgeDeleted${noun}`,
      handle: (context, call) =>
        context.store.atomically(() => {
          const { object } = requireDeleted(context, call);
          requireOwn(object, 'purge');
          if (context.protectedVaults.has(call.vault)) throw purgeForbidden(call.vault);
          for (const key of family(object)) context.store.remove(key);
          return { status: 204 };
        }),
    },
  ];
}

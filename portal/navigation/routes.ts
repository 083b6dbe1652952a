import type { KeyCustody } from '../api/replies.ts';

/** What an operation was asked to do, so that Retry asks the same. */
export interface OperationWishes {
  port?: number | undefined;
  keys?: KeyCustody | undefined;
}

/** Every view of the page has an address: it can be shared, reloaded and gone back to. */
export type Route =
  | { screen: 'machines'; search: string; state: string }
  | { screen: 'add' }
  | { screen: 'machine'; id: string }
  | { screen: 'install'; id: string }
  | { screen: 'operation'; id: string; operationId: string; wishes: OperationWishes }
  | { screen: 'certificates' }
  | { screen: 'drill'; drillId: string }
  | { screen: 'opening' }
  | { screen: 'unknown' };

const query = (fields: Record<string, string | number | undefined>): string => {
  const used = Object.entries(fields).filter(([, value]) => value !== undefined && value !== '');
  const text = new URLSearchParams(
    used.map(([name, value]): [string, string] => [name, String(value)]),
  ).toString();
  return text && `?${text}`;
};

export const addresses = {
  machines: ({ search, state }: { search?: string; state?: string } = {}) =>
    `/portal/${query({ search, state })}`,
  add: () => '/portal/add',
  machine: (id: string) => `/portal/machines/${id}`,
  install: (id: string) => `/portal/machines/${id}/install`,
  /** An operation's id is `<machine id>.<random>`. */
  operation: (operationId: string, { port, keys }: OperationWishes = {}) => {
    const [id, random] = operationId.split('.');
    return `/portal/machines/${id}/operations/${random}${query({ port, keys })}`;
  },
  certificates: () => '/portal/certificates',
  drill: (id: string) => `/portal/certificates/drills/${id}`,
  opening: () => '/portal/opening',
};

function wishesOf(query: URLSearchParams): OperationWishes {
  const port = Number(query.get('port') ?? Number.NaN);
  const keys = query.get('keys');
  return {
    ...(Number.isInteger(port) && { port }),
    ...((keys === 'vault' || keys === 'machine') && { keys }),
  };
}

export function parseRoute({ pathname, searchParams }: URL): Route {
  const [, portal, first, id, view, random] = pathname.replace(/\/$/, '').split('/');
  if (portal !== 'portal') return { screen: 'unknown' };
  if (first === undefined) {
    return {
      screen: 'machines',
      search: searchParams.get('search') ?? '',
      state: searchParams.get('state') ?? '',
    };
  }
  if (id === undefined && (first === 'add' || first === 'opening')) return { screen: first };
  if (first === 'certificates' && id === undefined) return { screen: 'certificates' };
  if (first === 'certificates' && id === 'drills' && view && random === undefined)
    return { screen: 'drill', drillId: view };
  if (first !== 'machines' || !id) return { screen: 'unknown' };
  if (view === undefined) return { screen: 'machine', id };
  if (view === 'install' && random === undefined) return { screen: 'install', id };
  if (view !== 'operations' || !random) return { screen: 'unknown' };
  return { screen: 'operation', id, operationId: `${id}.${random}`, wishes: wishesOf(searchParams) };
}

/** Every view of the page has an address: it can be shared, reloaded and gone back to. */
export type Route =
  | { screen: 'machines'; search: string; state: string }
  | { screen: 'add' }
  | { screen: 'machine'; id: string }
  | { screen: 'install'; id: string }
  /** `port` is what the install asked for, so that Retry asks the same. */
  | { screen: 'operation'; id: string; operationId: string; port: number | undefined }
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
  operation: (operationId: string, port?: number) => {
    const [id, random] = operationId.split('.');
    return `/portal/machines/${id}/operations/${random}${query({ port })}`;
  },
  opening: () => '/portal/opening',
};

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
  if (first !== 'machines' || !id) return { screen: 'unknown' };
  if (view === undefined) return { screen: 'machine', id };
  if (view === 'install' && random === undefined) return { screen: 'install', id };
  if (view !== 'operations' || !random) return { screen: 'unknown' };
  const port = Number(searchParams.get('port') ?? Number.NaN);
  return {
    screen: 'operation',
    id,
    operationId: `${id}.${random}`,
    port: Number.isInteger(port) ? port : undefined,
  };
}

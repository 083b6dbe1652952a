export const machinePath = (id: string): string => `/api/machines/${encodeURIComponent(id)}`;

export type Asked<T> = { [K in keyof T]?: T[K] | undefined };

/** What is absent is not asked for. */
export function withQuery(path: string, wanted: Asked<Record<string, string>>): string {
  const given = Object.entries(wanted).filter((one): one is [string, string] => typeof one[1] === 'string');
  const query = new URLSearchParams(given).toString();
  return `${path}${query === '' ? '' : `?${query}`}`;
}

import type { Provider } from '../type-rules.ts';

const apiVersions = ['2024-04-01', '2024-01-01', '2023-08-01', '2023-02-01', '2022-05-01'];

/** HCI clusters, their Arc settings and extensions, as plain resources. */
export function microsoftAzureStackHci(): Provider {
  const verbs = ['GET', 'LIST', 'PUT', 'PATCH', 'DELETE'] as const;
  const types = ['clusters', 'clusters/arcSettings', 'clusters/arcSettings/extensions'];
  return { types: types.map((type) => ({ type: `Microsoft.AzureStackHCI/${type}`, apiVersions, verbs })) };
}

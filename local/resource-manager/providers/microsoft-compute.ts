import type { Provider } from '../type-rules.ts';

const apiVersions = ['2024-11-01', '2024-07-01', '2024-03-01', '2023-09-01', '2018-10-01'];

/** Virtual machines and their extensions, as plain resources: nothing is started. */
export function microsoftCompute(): Provider {
  const verbs = ['GET', 'LIST', 'PUT', 'PATCH', 'DELETE'] as const;
  return {
    types: [
      { type: 'Microsoft.Compute/virtualMachines', apiVersions, verbs },
      {
        type: 'Microsoft.Compute/virtualMachines/extensions',
        apiVersions,
        verbs,
        show({ body }) {
          const { protectedSettings: _, ...properties } = body.properties;
          return { ...body, properties };
        },
      },
    ],
  };
}

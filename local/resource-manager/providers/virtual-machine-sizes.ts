import type { Route } from '../type-rules.ts';

/** A few that are offered everywhere: name, cores, MiB of memory. Some have less than an install needs. */
const sizes: readonly (readonly [string, number, number])[] = [
  ['Standard_B1ms', 1, 2048],
  ['Standard_B2s', 2, 4096],
  ['Standard_D2s_v5', 2, 8192],
  ['Standard_D4s_v5', 4, 16_384],
  ['Standard_F1s', 1, 2048],
];

/** `GET .../locations/{location}/vmSizes`: each region has the same. */
export const virtualMachineSizes = (apiVersions: readonly string[]): Route => ({
  name: 'LIST vmSizes',
  method: 'GET',
  pattern: /^\/subscriptions\/[^/]+\/providers\/Microsoft\.Compute\/locations\/[^/]+\/vmSizes$/i,
  apiVersions,
  permission: () => 'Microsoft.Compute/locations/vmSizes/read',
  handle: () => ({
    status: 200,
    body: {
      value: sizes.map(([name, numberOfCores, memoryInMB]) => ({ name, numberOfCores, memoryInMB })),
    },
  }),
});

import { z } from 'zod';
import { AppError } from '#shared/domain/error.ts';
import type { ArmClient } from './arm-client.ts';
import { remembered } from './remembered.ts';

const apiVersion = '2024-07-01';
/** Sizes are added to a region now and then; one that exists does not change. */
const freshMs = 24 * 60 * 60 * 1000;

const sizeSchema = z.object({ name: z.string(), memoryInMB: z.number() });

/** Memory by size of virtual machine: the machine itself does not say what it has. */
export function createVirtualMachineSizes(arm: Pick<ArmClient, 'list'>) {
  const regions = new Map<string, () => Promise<Map<string, number>>>();

  const readRegion = async (path: string): Promise<Map<string, number>> => {
    const sizes = await arm.list(path, apiVersion, sizeSchema);
    return new Map(sizes.map(({ name, memoryInMB }) => [name.toLowerCase(), memoryInMB * 1024 ** 2]));
  };

  return {
    /** Bytes; undefined when the platform lists no such size, or does not let us see its list. */
    async memoryOf(subscriptionId: string, location: string, size: string): Promise<number | undefined> {
      const path = `/subscriptions/${subscriptionId}/providers/Microsoft.Compute/locations/${location}/vmSizes`;
      const read = regions.get(path) ?? remembered(() => readRegion(path), freshMs);
      regions.set(path, read);
      try {
        return (await read()).get(size.toLowerCase());
      } catch (error) {
        if (!(error instanceof AppError) || error.code !== 'resource_manager_refused') throw error;
        return undefined;
      }
    },
  };
}

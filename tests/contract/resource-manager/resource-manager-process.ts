import { once } from 'node:events';
import { systemClock } from '#local/kit/clock.ts';
import type { TlsIdentity } from '#local/kit/stand-in.ts';
import { openStore } from '#local/kit/store.ts';
import { createResourceManager } from '#local/resource-manager/resource-manager.ts';
import type { SeedResource } from '#local/resource-manager/seeds.ts';

// A resource manager in a process of its own, so that a test can kill it. Started with `fork`; answers its port.
export interface ResourceManagerProcessOptions {
  file: string;
  port: number;
  tls: TlsIdentity;
  tenantId: string;
  subscriptionId: string;
  seed: readonly SeedResource[];
}

const [options] = (await once(process, 'message')) as [ResourceManagerProcessOptions];
const { file, tenantId, ...rest } = options;
const resourceManager = await createResourceManager({
  ...rest,
  tenantId,
  clock: systemClock,
  store: openStore(file),
  operationDelayMs: 20,
  verifyToken: () => Promise.resolve({ tid: tenantId, oid: '00000000-0000-4000-8000-0000000000d2' }),
});
process.send?.(resourceManager.port);

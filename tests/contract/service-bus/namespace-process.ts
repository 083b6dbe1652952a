import { once } from 'node:events';
import { systemClock } from '#local/kit/clock.ts';
import type { TlsIdentity } from '#local/kit/stand-in.ts';
import { openStore } from '#local/kit/store.ts';
import { createServiceBus } from '#local/service-bus/service-bus.ts';

// A namespace in a process of its own, so that a test can kill it. Started with `fork`; answers its port.
interface Options {
  file: string;
  tls: TlsIdentity;
  rootKey: { name: string; key: string };
}

const [options] = (await once(process, 'message')) as [Options];
const { port } = await createServiceBus({
  clock: systemClock,
  store: openStore(options.file),
  port: 0,
  tls: options.tls,
  namespace: 'local',
  rootKey: options.rootKey,
  verifyToken: () => Promise.reject(new Error('this namespace takes shared access signatures only')),
});
process.send?.(port);
process.on('disconnect', () => process.exit());
// Any later message asks for the memory that the process takes, in bytes.
process.on('message', () => process.send?.(process.memoryUsage.rss()));

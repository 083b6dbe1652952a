import { createCosmos } from '#local/cosmos/server.ts';
import { systemClock } from '#local/kit/clock.ts';
import type { TlsIdentity } from '#local/kit/stand-in.ts';
import { openStore } from '#local/kit/store.ts';

/** What a process of its own is told; it answers with its port and serves until it is killed. */
export interface AccountProcessOptions {
  file: string;
  port: number;
  tls: TlsIdentity;
  masterKey: string;
}

process.once('disconnect', () => process.exit(0));
process.once('message', (options: AccountProcessOptions) => {
  createCosmos({
    clock: systemClock,
    store: openStore(options.file),
    port: options.port,
    tls: options.tls,
    verifyToken: () => Promise.reject(new Error('there are no tokens here')),
    masterKey: options.masterKey,
  }).then(
    ({ port }) => process.send?.(port),
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
});

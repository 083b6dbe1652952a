import { once } from 'node:events';
import { createKeyVault } from '#local/key-vault/key-vault.ts';
import { systemClock } from '#local/kit/clock.ts';
import type { TlsIdentity } from '#local/kit/stand-in.ts';
import { openStore } from '#local/kit/store.ts';

// A vault in a process of its own, so that a test can kill it. Started with `fork`; answers its port.
export interface VaultProcessOptions {
  file: string;
  port: number;
  tls: TlsIdentity;
}

const [{ file, port, tls }] = (await once(process, 'message')) as [VaultProcessOptions];
const vault = await createKeyVault({
  clock: systemClock,
  store: openStore(file),
  port,
  tls,
  verifyToken: () => Promise.resolve({}),
  authority: 'https://login.localhost/tenant',
  vaults: ['local'],
  // Short, so that some are issued before the process dies and some after.
  issuanceDelayMs: 30,
});
process.send?.(vault.port);

import { once } from 'node:events';
import { systemClock } from '#local/kit/clock.ts';
import type { TlsIdentity } from '#local/kit/stand-in.ts';
import { openStore } from '#local/kit/store.ts';
import { administrator, startEntra } from './tenant.ts';

// A tenant in a process of its own, so that a test can kill it. Started with `fork`; answers how to reach it.
export interface EntraProcessOptions {
  file: string;
  tls: TlsIdentity;
}

export interface RunningTenant {
  port: number;
  authority: string;
  /** A token for Graph, signed by the key that this start found or made. */
  graphToken: string;
}

const [{ file, tls }] = (await once(process, 'message')) as [EntraProcessOptions];
const entra = await startEntra(tls, systemClock, openStore(file));
const graphToken = await entra.mint(
  { aud: 'https://graph.microsoft.com', oid: administrator.objectId },
  { version: '1.0' },
);
process.send?.({ port: entra.port, authority: entra.authority, graphToken } satisfies RunningTenant);

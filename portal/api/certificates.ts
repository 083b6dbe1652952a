import type { Ask } from './client.ts';
import { machinePath, watched } from './machines.ts';
import type {
  CertificateReply,
  DrillList,
  DrillReply,
  ForecastReply,
  KeyCustody,
  RevocationReason,
} from './replies.ts';

export interface DrillWishes {
  reason: RevocationReason;
  revoke: boolean;
  issuedBy?: string;
}

const drillPath = (id: string) => `/api/certificates/drills/${encodeURIComponent(id)}`;

/** The certificates' part of the HTTP API, of one machine and of the fleet. */
export function createCertificatesApi(ask: Ask) {
  const get = async <Reply>(path: string, signal: AbortSignal): Promise<Reply> =>
    (await ask(path, { signal })).body as Reply;
  const certificatePath = (id: string) => `${machinePath(id)}/certificate`;
  return {
    certificate: (id: string, signal: AbortSignal) => get<CertificateReply>(certificatePath(id), signal),
    /** With `keys` the machine changes who holds the key. */
    renew: async (id: string, keys?: KeyCustody) =>
      watched(
        await ask(`${certificatePath(id)}/renewals`, { method: 'POST', body: { ...(keys && { keys }) } }),
      ),
    revoke: async (id: string, reason: RevocationReason) =>
      watched(await ask(`${certificatePath(id)}/revocations`, { method: 'POST', body: { reason } })),
    forecast: (signal: AbortSignal) => get<ForecastReply>('/api/certificates/forecast', signal),
    startDrill: async (wishes: DrillWishes) =>
      (await ask('/api/certificates/drill', { method: 'POST', body: wishes })).body as DrillReply,
    drills: async (signal: AbortSignal) => (await get<DrillList>('/api/certificates/drills', signal)).value,
    drill: (id: string, signal: AbortSignal) => get<DrillReply>(drillPath(id), signal),
    cancelDrill: async (id: string) => (await ask(drillPath(id), { method: 'DELETE' })).body as DrillReply,
  };
}

export type CertificatesApi = ReturnType<typeof createCertificatesApi>;

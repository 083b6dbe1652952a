import type { Ask } from './client.ts';
import type { FleetInstall, FleetInstallList, FleetMachine, FleetPlan, FleetWishes } from './replies.ts';

/** Milliseconds. A plan reads every machine, and its role assignments, anew. */
const planPatienceMs = 180_000;

export type FleetChange = 'running' | 'paused' | 'cancelled';
export type ReportFormat = 'csv' | 'json';

const fleetPath = (id: string) => `/api/fleet-installs/${encodeURIComponent(id)}`;

/** The part of the HTTP API that installs on many machines. */
export function createFleetApi(ask: Ask) {
  const get = async <Reply>(path: string, signal: AbortSignal): Promise<Reply> =>
    (await ask(path, { signal })).body as Reply;
  return {
    planFleet: async (wishes: FleetWishes) =>
      (
        await ask('/api/fleet-installs/plans', {
          method: 'POST',
          body: wishes,
          patienceMs: planPatienceMs,
        })
      ).body as FleetPlan,
    startFleet: async (wishes: FleetWishes) =>
      (await ask('/api/fleet-installs', { method: 'POST', body: wishes, patienceMs: planPatienceMs }))
        .body as FleetInstall,
    fleetInstalls: async (signal: AbortSignal) =>
      (await get<FleetInstallList>('/api/fleet-installs', signal)).value,
    fleetInstall: (id: string, signal: AbortSignal) => get<FleetInstall>(fleetPath(id), signal),
    fleetMachines: async (id: string, signal: AbortSignal) =>
      (await get<{ value: FleetMachine[] }>(`${fleetPath(id)}/machines`, signal)).value,
    changeFleet: async (id: string, status: FleetChange) =>
      (await ask(fleetPath(id), { method: 'PATCH', body: { status } })).body as FleetInstall,
    /** The report as text, to be kept as a file. */
    fleetReport: async (id: string, format: ReportFormat) =>
      (await ask(`${fleetPath(id)}/report?format=${format}`, { reads: 'text' })).body as string,
  };
}

export type FleetApi = ReturnType<typeof createFleetApi>;

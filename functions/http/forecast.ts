import { AppError } from '#shared/domain/error.ts';
import { type Forecast, forecastFleet } from '#shared/domain/forecast.ts';
import { problem } from '#shared/protocol/api.ts';
import { forecastReply } from '#shared/protocol/certificate-api.ts';
import type { AppPorts, PortsProvider } from '../ports.ts';
import type { Caller } from './authorization.ts';
import { openMachine } from './machine-access.ts';
import { defineRoute } from './route.ts';

async function readForecast(ports: AppPorts): Promise<Forecast> {
  const [authorities, certificates] = await Promise.all([
    Promise.all(
      ports.authorities.map(async ({ name, authority, custodies, limits }) => {
        const { etag: _, ...budget } = await ports.budgets.read(name);
        return { name, authority, custodies, limits, ...budget };
      }),
    ),
    ports.store.listCertificates(),
  ]);
  return forecastFleet(authorities, certificates, ports.now().getTime());
}

/** Which machine it is, only he learns who may see it. */
async function visibleId(ports: AppPorts, caller: Caller, machineId: string): Promise<string | null> {
  try {
    return (await openMachine(ports, caller, machineId)).machine.machineId;
  } catch (error) {
    if (error instanceof AppError && error.code === 'machine_not_found') return null;
    throw error;
  }
}

export function registerForecast(provider: PortsProvider): void {
  defineRoute(
    provider,
    {
      name: 'getForecast',
      method: 'GET',
      route: 'api/certificates/forecast',
      audience: 'user',
      applications: true,
      summary: 'Budgets, queues and expiries of all certificates, and what is at risk',
      replies: { 200: forecastReply, 401: problem },
    },
    async ({ ports, caller }) => {
      const { firstAtRisk, ...forecast } = await readForecast(ports);
      const machineId = firstAtRisk && (await visibleId(ports, caller, firstAtRisk.machineId));
      return { body: { ...forecast, firstAtRisk: firstAtRisk && { ...firstAtRisk, machineId } } };
    },
  );
}

import type { DnsZones, HybridConnections } from '#local/kit/boundaries.ts';
import { createCalls } from '#local/kit/calls.ts';
import { createFaults, type FaultKind } from '#local/kit/faults.ts';
import { type HttpReply, type HttpRequest, serveHttp } from '#local/kit/http-server.ts';
import type { StandIn, StandInOptions, TlsIdentity } from '#local/kit/stand-in.ts';
import { renderArmError, renderArmFault, requestIds } from './arm-error.ts';
import { type ArmServiceOptions, createArmService } from './arm-service.ts';

export interface ResourceManagerOptions extends StandInOptions, Omit<ArmServiceOptions, 'origin'> {
  tls: TlsIdentity;
  /** `https://arm.localhost:PORT`, as clients write it; by default from the port that was taken. */
  publicOrigin?: string;
}

const faultKinds: readonly FaultKind[] = ['status', 'delayMs', 'drop', 'throttleMs', 'staleMs', 'skewMs'];

/** The local Azure Resource Manager. */
export interface ResourceManager extends StandIn {
  readonly origin: string;
  readonly zones: DnsZones;
  readonly hybridConnections: HybridConnections;
}

const withIds = (reply: HttpReply, request: HttpRequest): HttpReply => {
  const correlation = request.headers['x-ms-correlation-request-id'];
  const ids = requestIds(typeof correlation === 'string' ? correlation : undefined);
  return { ...reply, headers: { 'cache-control': 'no-cache', ...ids, ...reply.headers } };
};

export async function createResourceManager(options: ResourceManagerOptions): Promise<ResourceManager> {
  const calls = createCalls();
  const faults = createFaults();
  let port = options.port;
  const origin = () => options.publicOrigin?.replace(/\/$/, '') ?? `https://arm.localhost:${port}`;
  const service = createArmService({ ...options, origin });
  const server = await serveHttp({
    port,
    tls: options.tls,
    calls,
    faults,
    operationOf: service.operationOf,
    handle: async (request) => withIds(await service.handle(request), request),
    renderFault: renderArmFault,
    renderError: (error, request) => withIds(renderArmError(error), request),
  });
  port = server.port;
  const { operations, zones, hybridConnections, inspect } = service;
  return {
    name: 'resource-manager',
    port,
    calls,
    faults,
    origin: origin(),
    operations,
    faultKinds,
    inspect,
    zones,
    hybridConnections,
    async close() {
      service.close();
      await server.close();
    },
  };
}

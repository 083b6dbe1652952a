import { z } from 'zod';
import { openStore } from '#local/kit/store.ts';
import { createArmService } from '#local/resource-manager/arm-service.ts';
import { arcMachine, relayNamespace, resourceGroup } from '#local/resource-manager/seeds.ts';
import { createArmHybridConnectivity } from '#shared/adapters/azure/arm-hybrid-connectivity.ts';
import { createArmMachineExtension } from '#shared/adapters/azure/arm-machine-extension.ts';
import { createArmRelayNamespace } from '#shared/adapters/azure/arm-relay-namespace.ts';
import { createArmResourceManager } from '#shared/adapters/azure/arm-resource-manager.ts';
import { AppError } from '#shared/domain/error.ts';
import type { DnsZone } from '#shared/ports/dns-zone.ts';
import { type DurableApp, openDurableApp } from '../durable-app.ts';
import { subscriptionId, tenantId } from '../memory-ports.ts';
import { resourceId } from '../sample-machine.ts';
import { createDirectArm, type Hostility } from './direct-arm.ts';
import { createLivingMachine } from './living-machine.ts';

const groupId = `/subscriptions/${subscriptionId}/resourceGroups/rg-local`;
const namespaceId = `${groupId}/providers/Microsoft.Relay/namespaces/relay`;

export interface HostileApp {
  app: DurableApp;
  hostility: Hostility;
  /** What there is of the machine in Azure, each resource once: lower-cased ids without what they are below. */
  resources(): Promise<string[]>;
  close(): Promise<void>;
}

/** Calls of a zone that somebody hostile answers, by the same count as those of Azure Resource Manager. */
function hostileZone(zone: DnsZone, hostility: Hostility): DnsZone {
  return new Proxy(zone, {
    get(target, property, receiver) {
      const value: unknown = Reflect.get(target, property, receiver);
      if (typeof value !== 'function') return value;
      return async (...given: unknown[]): Promise<unknown> => {
        const operation = `dns.${String(property)}`;
        const index = hostility.calls.push(operation) - 1;
        const wrong = hostility.misbehave?.(operation, index);
        const isConflict =
          wrong && wrong.kind !== 'untrue' && wrong.answer !== 'silence' && wrong.answer.status < 429;
        const error = new AppError(
          isConflict ? 'dns_record_conflict' : 'dns_unavailable',
          'as the test says',
        );
        if (wrong?.kind === 'refused') throw error;
        const result: unknown = await Reflect.apply(value, target, given);
        if (wrong?.kind === 'lost') throw error;
        return result;
      };
    },
  });
}

/** The flows on the real adapters of Azure Resource Manager and the stand-in's own service, without a network. */
export async function openHostileApp(): Promise<HostileApp> {
  const app = await openDurableApp();
  const database = openStore(':memory:');
  const machine = (token: string) => (token === 'machine' ? { xms_mirid: resourceId.toLowerCase() } : {});
  const service = createArmService({
    clock: app.clock,
    store: database,
    origin: () => 'https://arm.test',
    verifyToken: async (token) => ({ tid: tenantId, oid: token, ...machine(token) }),
    tenantId,
    subscriptionId,
    retryAfterSeconds: 0,
    seed: [
      resourceGroup(subscriptionId, 'rg-local', 'westeurope'),
      relayNamespace(groupId, 'relay', 'westeurope'),
      arcMachine({
        groupId,
        name: 'web-01',
        location: 'westeurope',
        osType: 'windows',
        osSku: 'Windows Server 2022 Datacenter',
        osVersion: '10.0.20348.1',
        memoryBytes: 8 * 1024 ** 3,
        cores: 2,
        agentVersion: '1.53.03132.2775',
        principalId: '00000000-0000-4000-8000-0000000000d1',
        tenantId,
      }),
    ],
  });
  const hostility: Hostility = { calls: [], misbehave: undefined };
  const living = createLivingMachine(app, service);
  const arm = createDirectArm(
    {
      ...service,
      async handle(request) {
        const reply = await service.handle(request);
        await living.work();
        return reply;
      },
    },
    hostility,
  );
  Object.assign(app.ports, {
    resources: createArmResourceManager({ arm }),
    connectivity: createArmHybridConnectivity({ arm }),
    extension: createArmMachineExtension({ arm }),
    relay: createArmRelayNamespace({ arm, namespaceId, host: 'relay.test', now: app.ports.now }),
    dns: hostileZone(app.ports.dns, hostility),
  });

  const listed = z.object({ value: z.array(z.object({ id: z.string() })) });
  const list = async (path: string, version: string): Promise<string[]> => {
    const url = new URL(`https://arm.test${path}?api-version=${version}`);
    const request = { method: 'GET', url, headers: { authorization: 'Bearer app' }, body: Buffer.alloc(0) };
    const { value } = listed.parse(
      (await service.handle(request).catch(() => ({ body: { value: [] } }))).body,
    );
    return value.map(({ id }) => id.toLowerCase().split('/').slice(-2).join('/'));
  };
  return {
    app,
    hostility,
    async resources() {
      const endpoints = `${resourceId}/providers/Microsoft.HybridConnectivity/endpoints`;
      const found = await Promise.all([
        list(`${resourceId}/extensions`, '2024-07-10'),
        list(endpoints, '2023-03-15'),
        list(`${endpoints}/default/serviceConfigurations`, '2023-03-15'),
        list(`${namespaceId}/hybridConnections`, '2021-11-01'),
      ]);
      return found.flat();
    },
    async close() {
      service.close();
      await app.close();
      database.close();
    },
  };
}

import { z } from 'zod';
import { openStore } from '#local/kit/store.ts';
import { createArmService } from '#local/resource-manager/arm-service.ts';
import { relayNamespace, resourceGroup } from '#local/resource-manager/seeds.ts';
import { createArmHybridConnectivity } from '#shared/adapters/azure/arm-hybrid-connectivity.ts';
import { createArmMachineExtension } from '#shared/adapters/azure/arm-machine-extension.ts';
import { createArmMachineNetwork } from '#shared/adapters/azure/arm-machine-network.ts';
import { createArmRelayNamespace } from '#shared/adapters/azure/arm-relay-namespace.ts';
import { createArmResourceManager } from '#shared/adapters/azure/arm-resource-manager.ts';
import { AppError } from '#shared/domain/error.ts';
import type { DnsZone } from '#shared/ports/dns-zone.ts';
import { type DurableApp, openDurableApp } from '../durable-app.ts';
import { subscriptionId, tenantId } from '../memory-ports.ts';
import { machine, machineId } from '../sample-machine.ts';
import { createDirectArm, type Hostility } from './direct-arm.ts';
import { createLivingMachine } from './living-machine.ts';
import { groupId, namespaceId, type Target } from './targets.ts';

export interface HostileApp {
  app: DurableApp;
  target: Target;
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
export async function openHostileApp(target: Target): Promise<HostileApp> {
  const { resourceId, kind, collections } = target;
  const app = await openDurableApp();
  await app.store.commit(machineId, [{ put: { ...machine, resourceId, kind } }]);
  const database = openStore(':memory:');
  const identityOf = (token: string) => (token === 'machine' ? { xms_mirid: resourceId.toLowerCase() } : {});
  const service = createArmService({
    clock: app.clock,
    store: database,
    origin: () => 'https://arm.test',
    verifyToken: async (token) => ({ tid: tenantId, oid: token, ...identityOf(token) }),
    tenantId,
    subscriptionId,
    retryAfterSeconds: 0,
    // The flow's clock stands still while an activity waits.
    operationDelayMs: 0,
    seed: [
      resourceGroup(subscriptionId, 'rg-local', 'westeurope'),
      relayNamespace(groupId, 'relay', 'westeurope'),
      ...target.seed,
    ],
  });
  const hostility: Hostility = { calls: [], misbehave: undefined };
  const living = createLivingMachine(app, service, resourceId);
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
    network: createArmMachineNetwork({ arm, now: app.clock.now }),
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
    target,
    hostility,
    async resources() {
      const found = await Promise.all(collections.map(([path, version]) => list(path, version)));
      return found.flat();
    },
    async close() {
      service.close();
      await app.close();
      database.close();
    },
  };
}

import { setTimeout as sleep } from 'node:timers/promises';
import { app } from '@azure/functions';
import * as df from 'durable-functions';
import { beginOperation } from '#functions/begin-operation.ts';
import { registerDurable } from '#functions/durable.ts';
import { systemClock } from '#local/kit/clock.ts';
import { agentReportedEvent } from '#orchestrations/names.ts';
import type { AgentDocument } from '#shared/domain/documents.ts';
import { machineIdOf } from '#shared/domain/machine-name.ts';
import { createMemoryPorts, subscriptionId } from './memory-ports.ts';
import { addMachine, administrator, machine } from './sample-machine.ts';

const resourceIdOf = (number: number) =>
  `/subscriptions/${subscriptionId}/resourceGroups/rg-local/providers/Microsoft.HybridCompute/machines/bulk-${number}`;

/** From the extension's settings to the agent's first report. */
const agentStartMs = 200;

/**
 * The app's flows with every port in memory, in the app process of a real host. A machine's agent is simulated: a while
 * after its extension is deployed it writes that it serves the certificate on record, and raises the hint.
 * `POST /installs` with `{ count }` adds that many machines and begins an install on each, all at once.
 */
export function registerInstalls(): void {
  const memory = createMemoryPorts(systemClock);
  const { ports, store, resources } = memory;
  registerDurable(() => ports);
  const begun = new Map<string, string>();
  let client: df.DurableClient | undefined;

  async function agentReports(resourceId: string): Promise<void> {
    await sleep(agentStartMs);
    const machineId = machineIdOf(resourceId);
    const certificate = await store.read(machineId, 'certificate');
    const agent: AgentDocument = {
      type: 'agent',
      machineId,
      signingKey: '{}',
      encryptionKey: '{}',
      enrolledAt: ports.now().toISOString(),
      reportSequence: 1,
      checks: [],
      connected: true,
      ...(certificate?.document.leaf?.thumbprint !== undefined && {
        servingThumbprint: certificate.document.leaf.thumbprint,
      }),
    };
    await store.commit(machineId, [{ put: agent }]);
    const operation = begun.get(machineId);
    if (operation !== undefined) await client?.raiseEvent(operation, agentReportedEvent, {});
  }
  memory.extension.machine.onInstall = async ({ resourceId }) => {
    agentReports(resourceId).catch((error: unknown) => console.error(error));
  };

  async function begin(number: number, starter: df.DurableClient): Promise<string> {
    const resourceId = resourceIdOf(number);
    const machineId = machineIdOf(resourceId);
    const facts = [...resources.machines.values()][0];
    if (!facts) throw new Error('there is no sample machine');
    resources.machines.set(resourceId.toLowerCase(), facts);
    const name = `bulk-${number}`;
    await store.commit(machineId, [{ create: { ...machine, machineId, resourceId, displayName: name } }]);
    const stored = await store.read(machineId, 'machine');
    if (!stored) throw new Error(`no machine ${name}`);
    const { id } = await beginOperation(ports, starter, {
      machine: stored,
      kind: 'install',
      input: { machineId, resourceId, subscriptionId, port: 6516, custody: 'vault', newName: false },
      requestedBy: administrator,
    });
    begun.set(machineId, id);
    return id;
  }

  df.app.client.http('beginInstalls', {
    route: 'installs',
    methods: ['POST'],
    authLevel: 'anonymous',
    handler: async (request, starter: df.DurableClient) => {
      const { count } = (await request.json()) as { count: number };
      client = starter;
      await addMachine(memory);
      const ids = await Promise.all(Array.from({ length: count }, (_, number) => begin(number, starter)));
      return { jsonBody: ids };
    },
  });
  app.http('installStates', {
    route: 'installs',
    methods: ['GET'],
    authLevel: 'anonymous',
    handler: async () => {
      const found = await Promise.all(
        [...begun].map(([machineId, id]) => store.read(machineId, 'operation', id)),
      );
      return {
        jsonBody: {
          states: found.map((operation) => operation?.document.status ?? 'lost'),
          issued: memory.authority.issued.length,
        },
      };
    },
  });
}

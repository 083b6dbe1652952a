import { app } from '@azure/functions';
import * as df from 'durable-functions';
import { beginOperation } from '#functions/begin-operation.ts';
import { registerDurable } from '#functions/durable.ts';
import type { AppPorts } from '#functions/ports.ts';
import { systemClock } from '#local/kit/clock.ts';
import { agentReportedEvent } from '#orchestrations/names.ts';
import type { RenewCertificateInput } from '#orchestrations/renew-certificate/orchestrator.ts';
import type { IssuedLeaf } from '#shared/domain/certificate.ts';
import type { AgentDocument, CertificateDocument, MachineDocument } from '#shared/domain/documents.ts';
import { machineIdOf } from '#shared/domain/machine-name.ts';
import type { AgentEvent } from '#shared/protocol/events.ts';
import { createMemoryPorts, subscriptionId } from './memory-ports.ts';
import { administrator, machine } from './sample-machine.ts';

const dayMs = 24 * 60 * 60_000;
const port = 6516;
const resourceIdOf = (number: number) =>
  `/subscriptions/${subscriptionId}/resourceGroups/rg-local/providers/Microsoft.HybridCompute/machines/renewed-${number}`;

/** A leaf in service, most of its lifetime gone. */
function leafOf(machineName: string, zone: string, now: number): IssuedLeaf {
  const at = (days: number) => new Date(now + days * dayMs).toISOString();
  return {
    thumbprint: '0'.repeat(64),
    serialNumber: '00',
    notBefore: at(-60),
    notAfter: at(30),
    machineName,
    hostNames: [`${machineName}.${zone}`, `*.${machineName}.${zone}`],
    custody: 'vault',
    version: 'none',
    issuedBy: { name: 'before', authority: 'https://before.test', account: 'https://before.test/account/1' },
    issuedAt: at(-60),
    deliveredAt: at(-60),
    servedAt: at(-60),
  };
}

/**
 * The app's flows with every port in memory, in the app process of a real host. A machine's agent is simulated: told
 * of a certificate it says at once that it serves it, and raises the hint. `POST /renewals` with `{ count }` makes that
 * many machines and begins a renewal on each, all at once.
 */
export function registerRenewals(): void {
  const memory = createMemoryPorts(systemClock);
  const { store, extension } = memory;
  const begun = new Map<string, string>();
  let client: df.DurableClient | undefined;

  const agentOf = (machineId: string, servingThumbprint: string): AgentDocument => ({
    type: 'agent',
    machineId,
    signingKey: '{}',
    encryptionKey: '{}',
    enrolledAt: memory.ports.now().toISOString(),
    reportSequence: 1,
    checks: [],
    connected: true,
    servingThumbprint,
  });
  async function sendToAgent(machineId: string, event: AgentEvent): Promise<void> {
    if (event.type !== 'admin-center.certificate.changed') return;
    await store.commit(machineId, [{ put: agentOf(machineId, event.data.thumbprint) }]);
    const operation = begun.get(machineId);
    if (operation !== undefined) await client?.raiseEvent(operation, agentReportedEvent, {});
  }
  const ports: AppPorts = { ...memory.ports, bus: { ...memory.ports.bus, sendToAgent } };
  registerDurable(() => ports);

  async function begin(number: number, starter: df.DurableClient): Promise<string> {
    const resourceId = resourceIdOf(number);
    const machineId = machineIdOf(resourceId);
    // Any label of the right shape does.
    const machineName = machineId;
    const now = ports.now();
    const installed: MachineDocument = {
      ...machine,
      machineId,
      resourceId,
      displayName: `renewed-${number}`,
      machineName,
      extension: { state: 'installed', port, installedAt: now.toISOString() },
    };
    const leaf = leafOf(machineName, ports.dns.zone, now.getTime());
    const certificate: CertificateDocument = {
      type: 'certificate',
      machineId,
      state: 'served',
      custody: 'vault',
      leaf,
      point: 0.5,
      dueAt: now.toISOString(),
    };
    extension.states.set(resourceId, { state: 'succeeded', port });
    await store.commit(machineId, [
      { create: installed },
      { create: certificate },
      { create: agentOf(machineId, leaf.thumbprint) },
    ]);
    const stored = await store.read(machineId, 'machine');
    if (!stored) throw new Error(`no machine ${number}`);
    const input: RenewCertificateInput = { machineId, resourceId, machineName, custody: 'vault' };
    const { id } = await beginOperation(ports, starter, {
      machine: stored,
      kind: 'renew',
      input,
      requestedBy: administrator,
    });
    begun.set(machineId, id);
    return id;
  }

  df.app.client.http('beginRenewals', {
    route: 'renewals',
    methods: ['POST'],
    authLevel: 'anonymous',
    handler: async (request, starter: df.DurableClient) => {
      const { count } = (await request.json()) as { count: number };
      client = starter;
      const ids = await Promise.all(Array.from({ length: count }, (_, number) => begin(number, starter)));
      return { jsonBody: ids };
    },
  });
  app.http('renewalStates', {
    route: 'renewals',
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

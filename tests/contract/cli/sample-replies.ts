import { machineIdOf } from '#shared/domain/machine-name.ts';
import type { MachineReply, OperationReply } from '#shared/protocol/api.ts';
import { type MachineListReply, machineState } from '#shared/protocol/machine-list-api.ts';

export const resourceId =
  '/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/rg-local/providers/Microsoft.HybridCompute/machines/server-01';
export const machineId = machineIdOf(resourceId);
export const operationId = `${machineId}.abc`;

export const machine = (change: Partial<MachineReply> = {}): MachineReply => ({
  id: machineId,
  resourceId,
  name: 'server-01',
  kind: 'arc',
  state: 'ready',
  health: { state: 'healthy', reasons: [] },
  subscriptionId: '00000000-0000-4000-8000-000000000001',
  facts: null,
  machineName: null,
  extension: { name: 'AdminCenter', state: 'installed', port: 6516, installedAt: '2026-01-01T00:00:00.000Z' },
  endpoint: { enabled: true, services: { WAC: 6516 } },
  reach: { mode: 'reverse' },
  manualInstallation: null,
  certificate: {
    state: 'served',
    hostNames: ['a.wac.localhost', '*.a.wac.localhost'],
    thumbprint: 'ab'.repeat(32),
    notBefore: '2026-01-01T00:00:00.000Z',
    notAfter: '2026-04-01T00:00:00.000Z',
    dueAt: '2026-03-01T00:00:00.000Z',
  },
  presence: { connected: true, lastSeenAt: '2026-01-01T00:00:00.000Z', agentVersion: '0.1.0' },
  operation: null,
  may: {
    install: { allowed: true, missingAction: null },
    connect: {
      allowed: false,
      missingAction: 'Microsoft.HybridCompute/machines/WACLoginAsAdmin/action',
    },
  },
  ...change,
});

const names = ['Register the resource provider', 'Deploy the endpoint', 'Install the agent'];
const second = (number: number) => `2026-01-01T00:00:${String(number).padStart(2, '0')}.000Z`;

/** An install of which `done` steps have ended and the next one runs, a second each. */
export const installation = (done: number, change: Partial<OperationReply> = {}): OperationReply => ({
  id: operationId,
  machineId,
  kind: 'install',
  status: done === names.length ? 'succeeded' : 'running',
  percent: Math.round((100 * done) / names.length),
  steps: names.map((name, index) => ({
    name,
    status: index < done ? 'succeeded' : index === done ? 'running' : 'waiting',
    ...(index <= done && { startedAt: second(index) }),
    ...(index < done && { endedAt: second(index + 1) }),
    ...(index === done && { detail: `doing part ${index + 1}` }),
  })),
  createdAt: second(0),
  ...(done === names.length && { endedAt: second(names.length) }),
  ...change,
});

export const failedInstallation: OperationReply = {
  ...installation(2, { status: 'failed', endedAt: second(3) }),
  steps: installation(2).steps.map((step, index) =>
    index === 2 ? { ...step, status: 'failed', endedAt: second(3) } : step,
  ),
  error: {
    code: 'extension_failed',
    hop: 'extension',
    title: 'The extension failed on the machine',
    detail: 'the disk is full',
    remedy: 'Free some space, then install again.',
    retryable: false,
  },
};

/** A page of these machines, the only one where nothing else is said. */
export const machineList = (
  machines: readonly MachineReply[],
  change: Partial<MachineListReply> = {},
): MachineListReply => ({
  value: machines.map((one) => ({
    id: one.id,
    resourceId: one.resourceId,
    name: one.name,
    kind: one.kind,
    state: one.state,
    health: { state: one.health.state, reasons: [] },
    osName: null,
    location: null,
    port: one.extension.port,
    notAfter: one.certificate?.notAfter ?? null,
    presence: one.presence,
    operation: one.operation,
    may: { install: one.may.install.allowed, connect: one.may.connect.allowed },
  })),
  total: machines.length,
  matched: machines.length,
  before: 0,
  counts: Object.fromEntries(
    machineState.options.map((state) => [state, machines.filter((one) => one.state === state).length]),
  ) as MachineListReply['counts'],
  previous: null,
  next: null,
  readAt: '2026-01-01T00:00:00.000Z',
  ...change,
});

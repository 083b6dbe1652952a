import type { FleetInstallReply, FleetMachinesReply, FleetPlanReply } from '#shared/protocol/fleet-api.ts';
import { type FakeApi, startFakeApi } from './fake-api.ts';
import { machineId, resourceId } from './sample-replies.ts';

export const fleetId = 'aaaaaaaaaaaaaaaa';
export const fleetPath = `/api/fleet-installs/${fleetId}`;
export const group = '/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/rg-local';
export const soon = { 'retry-after': '0' };
export const nothing = { waiting: 0, running: 0, succeeded: 0, failed: 0, refused: 0, skipped: 0 };

export const fleet = (change: Partial<FleetInstallReply> = {}): FleetInstallReply => ({
  id: fleetId,
  status: 'running',
  requestedBy: 'admin@example.test',
  createdAt: '2026-01-01T00:00:00.000Z',
  endedAt: null,
  concurrency: 20,
  total: 4,
  counts: { ...nothing, waiting: 3, running: 1 },
  percent: 0,
  estimatedEnd: null,
  ...change,
});
export const ended = fleet({
  status: 'succeeded',
  endedAt: '2026-01-01T00:10:00.000Z',
  percent: 100,
  counts: { ...nothing, succeeded: 4 },
});
type Machine = FleetMachinesReply['value'][number];
export const fleetMachine = (change: Partial<Machine> = {}): Machine => ({
  resourceId,
  name: 'server-01',
  machineId,
  status: 'succeeded',
  operationId: `${machineId}.one`,
  percent: 100,
  startedAt: null,
  endedAt: null,
  code: null,
  detail: null,
  remedy: null,
  ...change,
});
export const plan: FleetPlanReply = {
  total: 3,
  counts: { install: 1, adopt: 0, refuse: 1, skip: 1 },
  lastCertificateAt: '2026-01-01T00:00:00.000Z',
  machines: [
    {
      resourceId,
      name: 'server-01',
      machineId,
      action: 'install',
      reason: null,
      preconditions: [],
      certificateAt: '2026-01-01T00:00:00.000Z',
    },
    {
      resourceId,
      name: 'small-01',
      machineId: null,
      action: 'refuse',
      reason: 'too small',
      preconditions: [
        {
          code: 'memory',
          rule: 'The machine has enough memory',
          found: '2 GiB',
          needed: '3 GiB',
          remedy: 'Add some.',
        },
        { code: 'region', rule: 'The region is served', found: 'x', needed: 'y', remedy: 'Move it.' },
      ],
      certificateAt: null,
    },
    {
      resourceId,
      name: 'done-01',
      machineId,
      action: 'skip',
      reason: 'it is installed already',
      preconditions: [],
      certificateAt: null,
    },
  ],
};

/** An API with one install on many machines, which has ended when it is looked at again. */
export const startFleetApi = (): Promise<FakeApi> =>
  startFakeApi({
    'POST /api/fleet-installs/plans': { body: plan },
    'POST /api/fleet-installs': { status: 202, headers: soon, body: fleet() },
    [`GET ${fleetPath}`]: { headers: soon, body: ended },
    [`GET ${fleetPath}/machines`]: { body: { value: [fleetMachine()] } },
    [`PATCH ${fleetPath}`]: { body: fleet({ status: 'paused' }) },
    'GET /api/fleet-installs': { body: { value: [fleet(), ended] } },
  });

import type { RateLimit } from '#shared/domain/budget.ts';
import { fleetPartition, type MachineDocument } from '#shared/domain/documents.ts';
import type { DurableApp } from '../durable-app.ts';

const dayMs = 86_400_000;

/** Of every kind one: what was taken and not given back is seen long after. */
export const slowLimits: readonly RateLimit[] = (
  [
    ['orders-per-zone', 'zone', false],
    ['orders-per-account', 'account', true],
    ['certificates-per-machine', 'machine', false],
  ] as const
).map(([id, scope, freeForReplacements]) => ({
  id,
  title: id,
  capacity: 20,
  refillMs: 10_000 * dayMs,
  scope,
  freeForReplacements,
}));

const namesOf = ({ displayName, machineName, nextName, retiredNames = [] }: MachineDocument) =>
  [
    [machineName, `present name of ${displayName}`],
    [nextName?.machineName, `next name of ${displayName}`],
    ...retiredNames.map((retired, index) => [retired.machineName, `old name ${index} of ${displayName}`]),
  ] as const;

/** Names of machines, which are made by chance, as what they are. */
function inWords(text: string, machines: readonly MachineDocument[]): string {
  let words = text;
  for (const [name, meaning] of machines.flatMap(namesOf))
    if (name !== undefined) words = words.replaceAll(name, meaning ?? '');
  return words;
}

/** The same text for runs that differ in their moments and random ids alone. */
function withoutChance(value: object, machines: readonly MachineDocument[]): unknown {
  return JSON.parse(
    inWords(JSON.stringify(value), machines)
      .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '<moment>')
      .replaceAll(/\bida[a-z0-9]{13}\b/g, '<id>')
      .replaceAll(/\b[0-9a-f]{64}\b/g, '<thumbprint>')
      // Of two that are issued at once either is the first: how many there are says `valid`.
      .replaceAll(/(?<=(authority-test|second-authority)-0)\d+/g, '<number>')
      .replaceAll(/"version":"\d+"/g, '"version":"<number>"'),
  );
}

/** Tokens that are not back, of each bucket, and who waits. */
async function budgetOf(
  { budgets, clock }: DurableApp,
  authority: DurableApp['authority'],
  machines: readonly MachineDocument[],
) {
  const { buckets, closure, waiters } = await budgets.read(authority.name);
  const names = authority.orders.map(({ hostNames }) => hostNames[0]?.split('.')[0] ?? '');
  const own = authority.limits
    .filter(({ scope }) => scope === 'machine')
    .flatMap(({ id }) => [...new Set(names)].map((name) => `${id}:${name}`));
  const all = [...buckets, ...(await budgets.findMachineBuckets(authority.name, own))];
  return {
    buckets: all
      .map(({ id, fullAt, held = [] }) => {
        const refillMs = authority.limits.find((limit) => id.startsWith(limit.id))?.refillMs ?? 1;
        return {
          id: inWords(id, machines),
          spent: Math.max(0, Math.round((fullAt - clock.now()) / refillMs)),
          held: held.length,
        };
      })
      .toSorted((one, other) => (one.id < other.id ? -1 : 1)),
    waiters: waiters.length,
    closure: closure && { reason: closure.reason, count: closure.count },
    valid: authority.orders.filter(({ state }) => state === 'valid').length,
    issued: authority.issued.length,
    revoked: authority.revoked,
  };
}

async function machineOf({ store }: DurableApp, machine: MachineDocument) {
  const { machineId, salt: _, ...shown } = machine;
  const certificate = (await store.read(machineId, 'certificate'))?.document;
  const { mark: __, wantedRequest: ___, ...record } = certificate ?? {};
  const audits = await store.list(machineId, 'audit', 200);
  const operations = await store.list(machineId, 'operation', 20);
  return {
    machine: shown,
    certificate: record,
    requests: (await store.list(machineId, 'certificate-request', 10)).length,
    // Nothing takes time in a crash-free run, so many have one moment: their order says nothing.
    audits: audits.map(({ action, outcome, detail }) => `${action} ${outcome}: ${detail ?? ''}`).toSorted(),
    operations: operations
      .map(({ kind, status, steps, error }) => ({
        kind,
        status,
        error,
        steps: steps.map((one) => one.status),
      }))
      .toSorted((one, other) => (one.kind < other.kind ? -1 : 1)),
  };
}

async function fleetInstallsOf({ store }: DurableApp) {
  const entries = await store.list(fleetPartition, 'fleet-install-entry', 10);
  const found = entries.map(async ({ fleetInstallId: id }) => {
    const fleet = (await store.read(id, 'fleet-install'))?.document;
    const machines = await store.list(id, 'fleet-machine', 100);
    return {
      status: fleet?.status,
      counts: fleet?.counts,
      machines: machines.map(({ name, status, code, detail, remedy }) => ({
        name,
        status,
        code,
        detail,
        remedy,
      })),
    };
  });
  return Promise.all(found);
}

/** All that a flow leaves in the world, in words that a crash must not change. */
export async function leftBehind(app: DurableApp): Promise<unknown> {
  const machines = (await app.store.listMachines()).toSorted((one, other) =>
    one.machineId < other.machineId ? -1 : 1,
  );
  const drills = await app.store.list(fleetPartition, 'drill', 10);
  const world = {
    machines: await Promise.all(machines.map((machine) => machineOf(app, machine))),
    authorities: await Promise.all([app.authority, app.second].map((one) => budgetOf(app, one, machines))),
    vault: { keysMade: app.vault.keysMade(), pending: app.vault.pendingNames() },
    names: [...app.dns.names],
    proofs: [...app.dns.texts.keys()],
    connections: [...app.relay.connections],
    queues: [...app.bus.queues],
    services: [...app.connectivity.endpoints],
    extensions: [...app.extension.states],
    settings: [...new Set(app.extension.deployments.map((one) => JSON.stringify(one.settings.port)))],
    drills: drills.map(({ status, total, replaced, skipped }) => ({ status, total, replaced, skipped })),
    fleetInstalls: await fleetInstallsOf(app),
    fleetLocks: (await app.store.read(fleetPartition, 'fleet-lock')) === undefined ? 0 : 1,
  };
  return withoutChance(world, machines);
}

/** Orders that nobody finished and nobody will. */
export const abandonedOrders = (app: DurableApp): number =>
  [...app.authority.orders, ...app.second.orders].filter(({ state }) => state !== 'valid').length;

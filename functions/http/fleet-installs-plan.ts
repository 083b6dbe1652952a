import type { z } from 'zod';
import { lookAhead, readTurns } from '#orchestrations/fleet-outlook.ts';
import { examineZone } from '#orchestrations/requirements.ts';
import type { MachineDocument } from '#shared/domain/documents.ts';
import { type FleetWishes, missingMachine, type Refusal } from '#shared/domain/fleet-install.ts';
import type { PreconditionResult } from '#shared/domain/precondition.ts';
import type { ZoneFindings } from '#shared/domain/precondition-rules.ts';
import type { fleetPlanReply } from '#shared/protocol/fleet-api.ts';
import type { AppPorts } from '../ports.ts';
import type { SelectedMachine } from './fleet-installs-selection.ts';

type Plan = z.input<typeof fleetPlanReply>;
type PlannedMachine = Plan['machines'][number];

/** Machines that are looked at beside each other: Azure Resource Manager takes 25 reads a second of one subscription. */
const width = 16;

/** Each in its place; `width` at a time. */
async function inParallel<T, R>(items: readonly T[], act: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const lane = async () => {
    for (let at = next++; at < items.length; at = next++) {
      const item = items[at];
      if (item !== undefined) results[at] = await act(item);
    }
  };
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, lane));
  return results;
}

interface Looked {
  selected: SelectedMachine;
  isKnown: boolean;
  action: PlannedMachine['action'];
  reason: string | null;
  failures: readonly PreconditionResult[];
}

const refused = (selected: SelectedMachine, isKnown: boolean, refusal: Refusal): Looked => ({
  selected,
  isKnown,
  action: refusal.action,
  reason: refusal.detail,
  failures: [],
});

/** The machine's record, or what would be put on record. */
async function findMachine(ports: AppPorts, selected: SelectedMachine) {
  const known = await ports.store.read(selected.machineId, 'machine');
  if (known) return { machine: known.document, isKnown: true };
  const facts = await ports.facts.recent(selected.resourceId);
  if (!facts) return undefined;
  const { machineId, resourceId, kind, name, subscriptionId } = selected;
  const machine: MachineDocument = {
    type: 'machine',
    machineId,
    resourceId,
    kind,
    displayName: name,
    subscriptionId,
    facts,
  };
  return { machine, isKnown: false };
}

async function look(
  ports: AppPorts,
  selected: SelectedMachine,
  wishes: FleetWishes,
  zone: () => Promise<ZoneFindings>,
): Promise<Looked> {
  const { decide, resourceId } = selected;
  const found = decide && (await findMachine(ports, selected));
  if (!decide || !found) return refused(selected, false, missingMachine(resourceId));
  const { machine, isKnown } = found;
  // Who plans looks several times: facts of the last minutes will do, the install itself reads them anew.
  const reader = { ...ports, facts: { read: ports.facts.recent } };
  const { refusal, failures } = await lookAhead(reader, machine, { wishes, right: decide('install'), zone });
  if (refusal) return { ...refused(selected, isKnown, refusal), failures };
  const isThere = !machine.extension && (await ports.extension.read(resourceId)).state !== 'absent';
  return { selected, isKnown, action: isThere ? 'adopt' : 'install', reason: null, failures };
}

/** What would happen to each machine; nothing is written. */
export async function planFleet(
  ports: AppPorts,
  machines: readonly SelectedMachine[],
  wishes: FleetWishes,
): Promise<Plan> {
  let reading: Promise<ZoneFindings> | undefined;
  const zone = () => (reading ??= examineZone(ports));
  const [certificates, looked] = await Promise.all([
    ports.store.listCertificates(),
    inParallel(machines, (machine) => look(ports, machine, wishes, zone)),
  ]);
  const begins = looked.filter(({ action }) => action === 'install' || action === 'adopt');
  const ids = begins.map(({ selected }) => selected.machineId);
  const now = ports.now().getTime();
  const turns = await readTurns(ports, ids, wishes, certificates, now);
  const iso = (ms: number | undefined) => (ms === undefined ? null : new Date(ms).toISOString());
  const counts = { install: 0, adopt: 0, refuse: 0, skip: 0 };
  for (const { action } of looked) counts[action] += 1;
  return {
    total: machines.length,
    counts,
    lastCertificateAt: turns.size === 0 ? null : iso(Math.max(...turns.values())),
    machines: looked.map(({ selected, isKnown, action, reason, failures }) => ({
      resourceId: selected.resourceId,
      name: selected.name,
      machineId: isKnown ? selected.machineId : null,
      action,
      reason,
      preconditions: failures.map(({ code, rule, found, needed, remedy }) => ({
        code,
        rule,
        found,
        needed,
        remedy,
      })),
      certificateAt: iso(turns.get(selected.machineId)),
    })),
  };
}

import type { MachineDocument } from './documents.ts';
import { namesOf } from './machine-names.ts';

/** Who asks for an uninstall where the machine itself is gone. */
export const orphanReaper = { id: 'orphan-reaper', name: 'Orphan reaper' } as const;

/** As many as one may delete on purpose within a grace time, however small the fleet is. */
const fewMachines = 10;

/**
 * True when so many are gone at once that something else is the likelier cause: a subscription that the app's identity
 * may no longer read, or that went to another tenant. `sharePercent` of all is the most that is believed.
 */
const isMassDisappearance = (known: number, gone: number, sharePercent: number): boolean =>
  gone > fewMachines && gone * 100 > known * sharePercent;

/** A machine under another id is not waited for once it is installed there. */
export const hasArrived = (old: MachineDocument, successor: MachineDocument | undefined): boolean =>
  successor !== undefined &&
  successor.machineId === old.movedTo &&
  successor.movedFrom === old.machineId &&
  successor.extension?.state === 'installed';

/** When a machine that is gone is cleaned up after, ISO 8601. */
export const removedAfter = (goneSince: string, graceHours: number): string =>
  new Date(Date.parse(goneSince) + graceHours * 60 * 60 * 1000).toISOString();

/**
 * What is still there of an install on this machine, one line each; nothing when only its record is left. What lay in
 * Azure below the machine went with it.
 */
export function leftoversOf(machine: MachineDocument, zone: string): string[] {
  const names = namesOf(machine);
  const { extension, portRule, machineId } = machine;
  return [
    ...names.flatMap((name) => [
      `the DNS records ${name}.${zone} and *.${name}.${zone}`,
      `the relay connection ${name}`,
      `the certificate of ${name}`,
    ]),
    ...(names.length > 0 ? [`the queue of its agent, agent-${machineId}`] : []),
    ...(portRule?.isOurs ? [`the rule ${portRule.ruleId}`] : []),
    ...(extension ? ['the record of its install, with the keys of its agent'] : []),
  ];
}

/**
 * What is to be done about a machine that is gone at this moment. `forget`: there is nothing left of an install, so the
 * record goes too.
 */
export function judgeOrphan(
  machine: MachineDocument,
  { now, graceHours, hasMoved }: { now: Date; graceHours: number; hasMoved: boolean },
): 'wait' | 'clean' | 'forget' {
  const { goneSince } = machine;
  if (goneSince === undefined) return 'wait';
  if (!hasMoved && removedAfter(goneSince, graceHours) > now.toISOString()) return 'wait';
  return leftoversOf(machine, '').length > 0 ? 'clean' : 'forget';
}

/** Why the reaper stands still, in a sentence. */
export function haltOf(machines: readonly MachineDocument[], sharePercent: number): string | undefined {
  const byId = new Map(machines.map((machine) => [machine.machineId, machine]));
  const gone = machines.filter(
    (machine) => machine.goneSince !== undefined && !hasArrived(machine, byId.get(machine.movedTo ?? '')),
  );
  if (!isMassDisappearance(machines.length, gone.length, sharePercent)) return undefined;
  return `${gone.length} of ${machines.length} machines are gone at once, more than ${sharePercent} %: nothing is removed. If they were deleted on purpose, raise ADMIN_CENTER_ORPHAN_SHARE`;
}

import type { FleetAction, FleetPlan, PlannedMachine } from '../api/replies.ts';

interface ActionWords {
  title: string;
  icon: 'bad' | 'good' | 'busy' | 'neutral';
  /** What it means for the machines below. */
  note: string;
}

/** What has to be mended first stands first. */
export const fleetActions: Readonly<Record<FleetAction, ActionWords>> = {
  refuse: { title: 'Refused', icon: 'bad', note: 'Nothing is done there until the reason is mended.' },
  install: { title: 'Install', icon: 'good', note: 'Nothing is there yet.' },
  adopt: {
    title: 'Take over',
    icon: 'busy',
    note: 'The extension is there, installed by other means; what is missing is added and its port stays.',
  },
  skip: { title: 'Pass over', icon: 'neutral', note: 'Nothing is to be done there, or not now.' },
};

interface ReasonGroup {
  reason: string;
  machines: readonly PlannedMachine[];
}

export interface ActionGroup {
  action: FleetAction;
  count: number;
  reasons: readonly ReasonGroup[];
}

const reasonOf = ({ reason, preconditions }: PlannedMachine): string =>
  reason ?? preconditions.map(({ rule }) => rule).join('; ');

const matches = ({ name, resourceId, reason }: PlannedMachine, words: readonly string[]): boolean => {
  const text = `${name} ${resourceId} ${reason ?? ''}`.toLowerCase();
  return words.every((word) => text.includes(word));
};

/** By what happens, then by why, the most frequent reason first, then by name. */
export function groupPlan({ machines }: FleetPlan, search: string): ActionGroup[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  const shown = machines.filter((machine) => matches(machine, words));
  return (Object.keys(fleetActions) as FleetAction[]).flatMap((action) => {
    const mine = shown.filter((machine) => machine.action === action);
    if (mine.length === 0) return [];
    const byReason = Map.groupBy(mine, reasonOf);
    const reasons = [...byReason]
      .map(([reason, group]) => ({
        reason,
        machines: group.toSorted((one, other) => one.name.localeCompare(other.name)),
      }))
      .toSorted((one, other) => other.machines.length - one.machines.length);
    return [{ action, count: mine.length, reasons }];
  });
}

/** Machines that a start would do something to. */
export const plannedWork = ({ counts }: FleetPlan): number => (counts.install ?? 0) + (counts.adopt ?? 0);

const machinesOf = (count: number): string => (count === 1 ? 'one machine' : `${count} machines`);

export function planSentence(plan: FleetPlan): string {
  const work = plannedWork(plan);
  const refused = plan.counts.refuse ?? 0;
  if (plan.total === 0) return 'No machine is selected.';
  const first =
    work === 0
      ? `Of ${machinesOf(plan.total)}, none would be installed.`
      : `Of ${machinesOf(plan.total)}, ${work} would be installed.`;
  return refused === 0 ? first : `${first} ${refused} would be refused.`;
}

export const startLabel = (plan: FleetPlan): string => {
  const work = plannedWork(plan);
  return work === 0 ? 'There is nothing to install' : `Install on ${machinesOf(work)}`;
};

import type { FleetInstall, FleetMachine } from '../api/replies.ts';

export type FleetMachineStatus = FleetMachine['status'];

/** In the order in which somebody wants to see them: what needs a person first. */
export const fleetStatuses: Readonly<
  Record<FleetMachineStatus, { word: string; icon: 'bad' | 'warning' | 'busy' | 'neutral' | 'good' }>
> = {
  failed: { word: 'Failed', icon: 'bad' },
  refused: { word: 'Refused', icon: 'warning' },
  running: { word: 'Running', icon: 'busy' },
  waiting: { word: 'Waiting', icon: 'neutral' },
  skipped: { word: 'Passed over', icon: 'neutral' },
  succeeded: { word: 'Installed', icon: 'good' },
};
const order = Object.keys(fleetStatuses) as FleetMachineStatus[];
export const isFleetStatus = (text: string): text is FleetMachineStatus => Object.hasOwn(fleetStatuses, text);

export const fleetTitles: Readonly<Record<FleetInstall['status'], string>> = {
  running: 'Fleet install',
  paused: 'Fleet install, paused',
  succeeded: 'Fleet install, ended',
  cancelled: 'Fleet install, cancelled',
};

export const fleetWords: Readonly<
  Record<FleetInstall['status'], { word: string; icon: 'busy' | 'warning' | 'good' | 'neutral' }>
> = {
  running: { word: 'Running', icon: 'busy' },
  paused: { word: 'Paused', icon: 'warning' },
  succeeded: { word: 'Ended', icon: 'good' },
  cancelled: { word: 'Cancelled', icon: 'neutral' },
};

const countOf = ({ counts }: FleetInstall, status: FleetMachineStatus): number => counts[status] ?? 0;

/** Where it stands, as one sentence. */
export function fleetSentence(fleet: FleetInstall): string {
  const failed = countOf(fleet, 'failed');
  const done = `${countOf(fleet, 'succeeded')} of ${fleet.total} installed`;
  const trouble = failed === 0 ? '' : `, ${failed} failed`;
  const running = countOf(fleet, 'running');
  if (fleet.status === 'running') return `${done}${trouble}, ${running} at work.`;
  if (fleet.status === 'paused')
    return running === 0
      ? `Paused: ${done}${trouble}. Nothing new begins.`
      : `Paused: ${done}${trouble}. ${running} come to their end, and nothing new begins.`;
  return `${fleet.status === 'cancelled' ? 'Cancelled' : 'Ended'}: ${done}${trouble}.`;
}

/** Failures first; what is at work by how far it is, the rest by name. */
export function pickFleetMachines(
  machines: readonly FleetMachine[],
  { search, status }: { search: string; status: string },
): FleetMachine[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  return machines
    .filter((machine) => {
      const text = `${machine.name} ${machine.resourceId} ${machine.code ?? ''}`.toLowerCase();
      return (
        (!isFleetStatus(status) || machine.status === status) && words.every((word) => text.includes(word))
      );
    })
    .sort(
      (one, other) =>
        order.indexOf(one.status) - order.indexOf(other.status) ||
        (one.code ?? '').localeCompare(other.code ?? '') ||
        other.percent - one.percent ||
        one.name.localeCompare(other.name),
    );
}

import type { MachineReply, MachineRow } from '../api/replies.ts';
import type { Tone } from './machine-state.ts';

export const healthStates: Readonly<Record<MachineReply['health']['state'], { word: string; tone: Tone }>> = {
  healthy: { word: 'Healthy', tone: 'good' },
  degraded: { word: 'Degraded', tone: 'warning' },
  unreachable: { word: 'Unreachable', tone: 'bad' },
  unknown: { word: 'Health unknown', tone: 'neutral' },
};

const reasons: Readonly<Record<MachineRow['health']['reasons'][number], string>> = {
  agent_never_seen: 'never reported',
  agent_silent: 'agent silent',
  agent_not_connected: 'not connected',
  check_failed: 'a check fails',
  host_unreachable: 'a host is not reached',
  certificate_late: 'certificate late',
  clock_wrong: 'wrong clock',
  extension_outdated: 'outdated',
};

/** What is amiss with a machine that can be connected to, in a few words; the sentences are on its own page. */
export const complaintOf = ({ state, health }: Pick<MachineRow, 'health' | 'state'>): string =>
  state === 'ready' ? health.reasons.map((code) => reasons[code]).join(', ') : '';

import type { Extension, MachineReply } from '../api/replies.ts';

const platformWords: Readonly<Record<string, string>> = {
  absent: 'Not there',
  creating: 'Being installed',
  deleting: 'Being removed',
  succeeded: 'Succeeded',
  failed: 'Failed',
};

/** The platform's provisioning state, as a person reads it; what is new is shown as it came. */
export const platformWord = (state: string): string => platformWords[state.toLowerCase()] ?? state;

export const platformTone = (state: string) => {
  if (/^succeeded$/i.test(state)) return 'good';
  if (/^(failed|canceled)$/i.test(state)) return 'bad';
  return /^absent$/i.test(state) ? 'neutral' : 'busy';
};

/** Requirement 53: the platform has the extension and this service did not put it there. */
export function foundElsewhere(machine: MachineReply, { detailedStatus }: Extension) {
  const isForeign =
    machine.extension.state === 'absent' && !/^(absent|deleting)$/i.test(detailedStatus.provisioningState);
  return isForeign ? { version: detailedStatus.version, port: detailedStatus.port } : undefined;
}

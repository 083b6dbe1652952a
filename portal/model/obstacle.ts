import type { MachineReply, Preconditions } from '../api/replies.ts';
import type { ChoiceFaults } from './install-choices.ts';

export interface InstallSituation {
  machine: MachineReply;
  /** Undefined while they are being judged. */
  preconditions: Preconditions | undefined;
  faults: ChoiceFaults;
  needsConsent: boolean;
}

const words: Readonly<Record<keyof ChoiceFaults, string>> = {
  port: 'Correct the port first',
  address: 'Choose an address first',
  sources: 'Correct the addresses first',
};

/** What stands between a person and the install, in the words of its button; undefined when nothing does. */
export function obstacleOf(situation: InstallSituation): string | undefined {
  const { machine, preconditions, faults, needsConsent } = situation;
  const { install } = machine.may;
  if (!install.allowed) return `You may not install: your roles lack ${install.missingAction ?? 'the right'}`;
  const fault = (['port', 'address', 'sources'] as const).find((name) => faults[name] !== undefined);
  if (fault) return words[fault];
  if (!preconditions) return 'Checking the requirements';
  const unmet = preconditions.preconditions.filter(
    ({ met, severity }) => !met && severity === 'failure',
  ).length;
  if (unmet > 0) return unmet === 1 ? 'One requirement is not met' : `${unmet} requirements are not met`;
  return needsConsent ? 'Agree to the replacement first' : undefined;
}

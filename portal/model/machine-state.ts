import type { MachineReply } from '../api/replies.ts';

/** How a status is coloured; colour never stands alone. */
export type Tone = 'good' | 'busy' | 'warning' | 'bad' | 'neutral';

export type MachineState = MachineReply['state'];

/** Those that need somebody first. */
export const machineStates: Readonly<Record<MachineState, { word: string; tone: Tone }>> = {
  failed: { word: 'Failed', tone: 'bad' },
  expired: { word: 'Expired', tone: 'bad' },
  revoked: { word: 'Revoked', tone: 'bad' },
  consent: { word: 'Needs consent', tone: 'warning' },
  gone: { word: 'Gone', tone: 'warning' },
  away: { word: 'Away', tone: 'warning' },
  installing: { word: 'Installing', tone: 'busy' },
  removing: { word: 'Removing', tone: 'busy' },
  repairing: { word: 'Repairing', tone: 'busy' },
  renewing: { word: 'Renewing', tone: 'busy' },
  replacing: { word: 'Replacing', tone: 'busy' },
  found: { word: 'Found', tone: 'neutral' },
  uninstalled: { word: 'Uninstalled', tone: 'neutral' },
  ready: { word: 'Ready', tone: 'good' },
};
export const isMachineState = (text: string): text is MachineState => Object.hasOwn(machineStates, text);

export interface Verdict {
  tone: Tone;
  sentence: string;
  /** The one primary action, or why there is none. */
  action: 'connect' | 'install' | 'watch' | 'none';
}

const lacking = (what: string, missing: string | null): string =>
  `You may not ${what}${missing ? `: your roles lack ${missing}` : ''}.`;

/** The answer to "can I connect, and if not, why?" */
export function verdictOf({ state, may }: Pick<MachineReply, 'may' | 'state'>): Verdict {
  const { tone } = machineStates[state];
  const installs = may.install.allowed ? 'install' : 'none';
  const connects = may.connect.allowed ? 'connect' : 'none';
  const refusal = may.connect.allowed ? '' : ` ${lacking('connect', may.connect.missingAction)}`;
  switch (state) {
    case 'installing':
      return { tone, sentence: 'Windows Admin Center is being installed.', action: 'watch' };
    case 'removing':
      return { tone, sentence: 'Windows Admin Center is being removed.', action: 'watch' };
    case 'repairing':
      return { tone, sentence: 'Windows Admin Center is being repaired.', action: 'watch' };
    case 'renewing':
    case 'replacing':
      return {
        tone,
        sentence: `The certificate is being ${state === 'renewing' ? 'renewed' : 'replaced'}; connections go on.${refusal}`,
        action: connects,
      };
    case 'failed':
      return {
        tone,
        sentence: may.install.allowed
          ? 'The last install did not come to its end. Installing again finishes it.'
          : `The last install did not come to its end. ${lacking('install', may.install.missingAction)}`,
        action: installs,
      };
    case 'uninstalled':
      return {
        tone,
        sentence: may.install.allowed
          ? 'Windows Admin Center is not installed here yet.'
          : `Windows Admin Center is not installed here. ${lacking('install', may.install.missingAction)}`,
        action: installs,
      };
    case 'found':
      return {
        tone,
        sentence: may.install.allowed
          ? 'Somebody else installed the extension here. It is taken over by itself in a while; installing does it now.'
          : `Somebody else installed the extension here. It is taken over by itself in a while. ${lacking('install', may.install.missingAction)}`,
        action: installs,
      };
    case 'consent':
      return {
        tone,
        sentence: may.install.allowed
          ? 'A Windows Admin Center that was installed by hand runs here. It is replaced only when you agree to lose it.'
          : `A Windows Admin Center that was installed by hand runs here. ${lacking('install', may.install.missingAction)}`,
        action: installs,
      };
    case 'gone':
      return {
        tone,
        sentence:
          'Azure no longer knows this machine by this id. What is left of it is cleaned up after a while.',
        action: 'none',
      };
    case 'expired':
      return {
        tone,
        sentence: `The certificate has expired: browsers will refuse it.${refusal}`,
        action: connects,
      };
    case 'revoked':
      return {
        tone,
        sentence: `The certificate is revoked and its replacement is not in service yet: browsers may refuse it.${refusal}`,
        action: connects,
      };
    case 'away':
      return {
        tone,
        sentence: `The agent has not reported for a while; connecting may fail.${refusal}`,
        action: connects,
      };
    case 'ready':
      return may.connect.allowed
        ? { tone, sentence: 'Ready: you can connect.', action: 'connect' }
        : { tone: 'warning', sentence: lacking('connect', may.connect.missingAction), action: 'none' };
    default:
      return state satisfies never;
  }
}

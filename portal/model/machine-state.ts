import type { MachineReply } from '../api/replies.ts';

/** How a status is coloured; colour never stands alone. */
export type Tone = 'good' | 'busy' | 'warning' | 'bad' | 'neutral';

export const machineStates = {
  failed: { word: 'Failed', tone: 'bad' },
  expired: { word: 'Expired', tone: 'bad' },
  revoked: { word: 'Revoked', tone: 'bad' },
  away: { word: 'Away', tone: 'warning' },
  installing: { word: 'Installing', tone: 'busy' },
  removing: { word: 'Removing', tone: 'busy' },
  repairing: { word: 'Repairing', tone: 'busy' },
  renewing: { word: 'Renewing', tone: 'busy' },
  replacing: { word: 'Replacing', tone: 'busy' },
  uninstalled: { word: 'Uninstalled', tone: 'neutral' },
  ready: { word: 'Ready', tone: 'good' },
} as const satisfies Record<string, { word: string; tone: Tone }>;

export type MachineState = keyof typeof machineStates;
export const isMachineState = (text: string): text is MachineState => Object.hasOwn(machineStates, text);

const running = {
  install: 'installing',
  uninstall: 'removing',
  repair: 'repairing',
  renew: 'renewing',
  revoke: 'replacing',
} as const;

export function stateOf(machine: MachineReply, now: number): MachineState {
  const { operation, extension, certificate, presence } = machine;
  if (operation) return running[operation.kind];
  if (extension.state === 'installing') return 'installing';
  if (extension.state === 'failed') return 'failed';
  if (extension.state === 'absent') return 'uninstalled';
  if (certificate?.notAfter && Date.parse(certificate.notAfter) <= now) return 'expired';
  if (certificate?.state === 'revoked') return 'revoked';
  return presence.connected ? 'ready' : 'away';
}

const troubleFirst = Object.keys(machineStates) as MachineState[];

export interface MachineFilter {
  search: string;
  state: string;
}

/** What matches, sorted by trouble and then by name. */
export function pickMachines(
  machines: readonly MachineReply[],
  filter: MachineFilter,
  now: number,
): MachineReply[] {
  const words = filter.search.toLowerCase().split(/\s+/).filter(Boolean);
  const rank = (machine: MachineReply) => troubleFirst.indexOf(stateOf(machine, now));
  return machines
    .filter((machine) => {
      const text = `${machine.name} ${machine.resourceId} ${machine.facts?.osName ?? ''}`.toLowerCase();
      return (
        words.every((word) => text.includes(word)) &&
        (!isMachineState(filter.state) || stateOf(machine, now) === filter.state)
      );
    })
    .sort((a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name));
}

export interface Verdict {
  tone: Tone;
  sentence: string;
  /** The one primary action, or why there is none. */
  action: 'connect' | 'install' | 'watch' | 'none';
}

const lacking = (what: string, missing: string | null): string =>
  `You may not ${what}${missing ? `: your roles lack ${missing}` : ''}.`;

/** The answer to "can I connect, and if not, why?" */
export function verdictOf(machine: MachineReply, now: number): Verdict {
  const { may } = machine;
  const state = stateOf(machine, now);
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

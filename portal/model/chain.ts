import type { MachineReply } from '../api/replies.ts';

const links = {
  reverse: ['browser', 'proxy', 'relay', 'agent', 'service'],
  direct: ['browser', 'network', 'agent', 'service'],
} as const;
type LinkName = (typeof links)[keyof typeof links][number];
type LinkState = 'good' | 'bad' | 'untried';
export interface ChainLink {
  name: LinkName;
  state: LinkState;
  /** What is known, one or two words. */
  note: string;
}

/** The last try to connect from this page: its failing hop, or that the path answered as far as the agent. */
export type Tried = { outcome: 'open' } | { outcome: 'failed'; hop: string } | undefined;

const unknown = { state: 'untried', note: 'not tried' } as const;
const answered = { state: 'good', note: 'answered' } as const;
/** Connect tries the path to the end of TLS, on the machine; what the service behind it says is in the tab. */
const inItsTab = { state: 'untried', note: 'in its tab' } as const;

/** Nobody but the browser tries the network of direct mode: the service has no line of sight to the machine. */
const isTriedByTab = (name: LinkName): boolean => name === 'service' || name === 'network';

function standing({ extension, presence }: MachineReply, name: LinkName): Omit<ChainLink, 'name'> {
  if (name === 'browser') return { state: 'good', note: 'this page' };
  if (name !== 'agent' || extension.state !== 'installed') return unknown;
  return presence.connected ? { state: 'good', note: 'connected' } : { state: 'bad', note: 'away' };
}

/** A failure at the extension or before the proxy says nothing about the path; a failure on the path says all of it. */
export function chainOf(machine: MachineReply, tried: Tried): ChainLink[] {
  const chain = links[machine.reach.mode];
  const failing = tried?.outcome === 'failed' ? chain.findIndex((name) => name === tried.hop) : -1;
  return chain.map((name, at): ChainLink => {
    if (tried?.outcome === 'open') return { name, ...(isTriedByTab(name) ? inItsTab : answered) };
    if (failing < 0) return { name, ...standing(machine, name) };
    if (at === failing) return { name, state: 'bad', note: 'fails' };
    return { name, ...(at < failing && !isTriedByTab(name) ? answered : unknown) };
  });
}

export function chainSentence(chain: readonly ChainLink[]): string {
  const bad = chain.find(({ state }) => state === 'bad');
  if (bad) return `The path ends at the ${bad.name}.`;
  const isDirect = chain.some(({ name }) => name === 'network');
  const isTried = chain.every(({ name, state }) => state === 'good' || isTriedByTab(name));
  if (isDirect)
    return 'Your browser goes straight to the machine; whether the network lets it through is seen in the tab.';
  return isTried
    ? 'The path answered as far as the machine; the service answers in its tab.'
    : 'The path is tried to its end when you connect.';
}

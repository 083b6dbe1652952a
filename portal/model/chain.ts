import type { MachineReply } from '../api/replies.ts';

const links = ['browser', 'proxy', 'relay', 'agent', 'service'] as const;
type LinkName = (typeof links)[number];
type LinkState = 'good' | 'bad' | 'untried';
export interface ChainLink {
  name: LinkName;
  state: LinkState;
  /** What is known, one or two words. */
  note: string;
}

/** The last try to connect from this page: its failing hop, or that the path answered as far as the agent. */
export type Tried = { outcome: 'open' } | { outcome: 'failed'; hop: string } | undefined;

/** A failure at the extension or before the proxy says nothing about the path; a failure on the path says all of it. */
export function chainOf(machine: MachineReply, tried: Tried): ChainLink[] {
  const failing = tried?.outcome === 'failed' ? links.findIndex((name) => name === tried.hop) : -1;
  return links.map((name, at): ChainLink => {
    if (tried?.outcome === 'open') return { name, ...(name === 'service' ? inItsTab : answered) };
    if (failing >= 0 && at === failing) return { name, state: 'bad', note: 'fails' };
    if (failing >= 0) return { name, ...(at < failing ? answered : unknown) };
    if (name === 'browser') return { name, state: 'good', note: 'this page' };
    if (name === 'agent' && machine.extension.state === 'installed')
      return machine.presence.connected
        ? { name, state: 'good', note: 'connected' }
        : { name, state: 'bad', note: 'away' };
    return { name, ...unknown };
  });
}

const answered = { state: 'good', note: 'answered' } as const;
/** Connect tries the path to the end of TLS, on the machine; what the service behind it says is in the tab. */
const inItsTab = { state: 'untried', note: 'in its tab' } as const;
const unknown = { state: 'untried', note: 'not tried' } as const;

export function chainSentence(chain: readonly ChainLink[]): string {
  const bad = chain.find(({ state }) => state === 'bad');
  if (bad) return `The path ends at the ${bad.name}.`;
  return chain.every(({ name, state }) => state === 'good' || name === 'service')
    ? 'The path answered as far as the machine; the service answers in its tab.'
    : 'The path is tried to its end when you connect.';
}

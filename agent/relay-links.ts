import type { Incoming, TunnelListener } from '#shared/ports/tunnel.ts';
import type { AgentState } from '#shared/protocol/agent-messages.ts';
import { type NamedState, namesOf } from './host-names.ts';

export type RelayTarget = AgentState['relay'];

export interface RelayLinksOptions {
  open(target: RelayTarget): TunnelListener;
  onStream(incoming: Incoming): void;
  /** A link is connected, lost, or failed once more. */
  onState(target: RelayTarget, connected: boolean, reason?: string): void;
  /** Of the first target, and only when it is another state than before. */
  onChange(connected: boolean): void;
}

/** The listeners of this machine, one for each name that it answers to. */
export interface RelayLinks {
  /**
   * Listens at these, the machine's own name first. Links to targets that are named again stay as they are; those
   * that are named no more are closed, with their streams.
   */
  aim(targets: readonly RelayTarget[]): void;
  /** Whether the link of the first target is. */
  isConnected(): boolean;
  close(): Promise<void>;
}

interface Link {
  listener: TunnelListener;
  isConnected: boolean;
}

/** The path of the machine's own name first; each name that was given up has its path on the same relay. */
export function relayTargetsOf({ relay, ...names }: NamedState & Pick<AgentState, 'relay'>): RelayTarget[] {
  const paths = namesOf(names).map(({ machineName }) => machineName);
  const others = paths.filter((path) => path !== names.machineName && path !== relay.path);
  return [relay, ...others.map((path) => ({ host: relay.host, path }))].filter(({ path }) => path !== '');
}

const keyOf = ({ host, path }: RelayTarget): string => `${host} ${path}`;

export function createRelayLinks(options: RelayLinksOptions): RelayLinks {
  const links = new Map<string, Link>();
  let first = '';
  let wasConnected = false;

  const isConnected = () => links.get(first)?.isConnected ?? false;

  function announce(): void {
    if (isConnected() === wasConnected) return;
    wasConnected = !wasConnected;
    options.onChange(wasConnected);
  }

  function open(target: RelayTarget): void {
    const link: Link = { listener: options.open(target), isConnected: false };
    links.set(keyOf(target), link);
    link.listener.onStream(options.onStream);
    link.listener.onState((connected, reason) => {
      if (links.get(keyOf(target)) !== link) return;
      link.isConnected = connected;
      options.onState(target, connected, reason);
      announce();
    });
    link.listener.start();
  }

  return {
    aim(targets) {
      first = targets[0] ? keyOf(targets[0]) : '';
      const wanted = new Set(targets.map(keyOf));
      for (const target of targets) if (!links.has(keyOf(target))) open(target);
      for (const [key, { listener }] of links) {
        if (wanted.has(key)) continue;
        links.delete(key);
        void listener.close();
      }
      announce();
    },
    isConnected,
    async close() {
      const closing = [...links.values()];
      links.clear();
      wasConnected = false;
      await Promise.all(closing.map(({ listener }) => listener.close()));
    },
  };
}

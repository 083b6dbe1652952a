import type { WebSocket } from 'ws';

/** The service allows 25 listeners on one hybrid connection. */
const maxListeners = 25;

/** Control channels by path. */
export interface Listeners {
  /** False when the path has 25 already. */
  add(path: string, channel: WebSocket): boolean;
  /** One of them at random, or undefined when nobody listens. */
  pick(path: string): WebSocket | undefined;
  of(path: string): readonly WebSocket[];
  /** In lower case. */
  paths(): readonly string[];
}

const keyOf = (path: string): string => path.toLowerCase();

export function createListeners(random: () => number = Math.random): Listeners {
  const byPath = new Map<string, Set<WebSocket>>();
  const of = (path: string) => [...(byPath.get(keyOf(path)) ?? [])];
  return {
    of,
    paths: () => [...byPath.keys()],
    add(path, channel) {
      const channels = byPath.get(keyOf(path)) ?? new Set();
      if (channels.size >= maxListeners) return false;
      byPath.set(keyOf(path), channels.add(channel));
      channel.once('close', () => {
        channels.delete(channel);
        if (channels.size === 0) byPath.delete(keyOf(path));
      });
      return true;
    },
    pick(path) {
      const open = of(path).filter((channel) => channel.readyState === channel.OPEN);
      return open[Math.floor(random() * open.length)];
    },
  };
}

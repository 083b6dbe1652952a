import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Clock } from '#local/kit/clock.ts';
import { HandshakeRefusal } from './handshake-refusal.ts';

/** The service's longest wait for a listener. */
const rendezvousMs = 30_000;

/** Senders that wait with an unanswered handshake: more than this is a leak, not traffic. */
const maxWaiting = 1000;

interface WaitingSender {
  request: IncomingMessage;
  socket: Duplex;
  head: Buffer;
  /** The registered path, and the path that was asked for, which may have a suffix. */
  path: string;
  target: string;
}

/** Senders between their handshake and a listener's answer, each under an address of its own that works once. */
export interface Rendezvous {
  /** Answers the secret of the address. `onTimeout` after 30 s without an answer. */
  wait(sender: WaitingSender, onTimeout: () => void): string;
  /** Takes the sender out; 403 when the address is unknown, used or too old. */
  take(secret: string | undefined, target: string): WaitingSender;
  /** Takes out all that wait on a path. */
  takeAll(path: string): WaitingSender[];
  /** The path of each sender that waits, in lower case. */
  paths(): string[];
}

export function createRendezvous(clock: Clock): Rendezvous {
  const waiting = new Map<string, { sender: WaitingSender; cancel: () => void }>();
  const remove = (secret: string) => {
    waiting.get(secret)?.cancel();
    waiting.delete(secret);
  };
  return {
    paths: () => [...waiting.values()].map(({ sender }) => sender.path.toLowerCase()),
    wait(sender, onTimeout) {
      if (waiting.size >= maxWaiting)
        throw new HandshakeRefusal(503, 'Too many senders wait for a listener.');
      const secret = randomUUID();
      const cancel = clock.at(clock.now() + rendezvousMs, () => {
        remove(secret);
        onTimeout();
      });
      waiting.set(secret, { sender, cancel });
      sender.socket.once('close', () => remove(secret));
      return secret;
    },
    take(secret = '', target) {
      const entry = waiting.get(secret);
      if (entry?.sender.target !== target) throw new HandshakeRefusal(403, 'The URL is not valid.');
      remove(secret);
      return entry.sender;
    },
    takeAll(path) {
      const found = [...waiting].filter(([, { sender }]) => sender.path.toLowerCase() === path.toLowerCase());
      for (const [secret] of found) remove(secret);
      return found.map(([, { sender }]) => sender);
    },
  };
}

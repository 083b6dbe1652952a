import { type ProxyEvent, proxyEventSchema } from '#shared/protocol/events.ts';
import type { ProxyState } from '#shared/protocol/proxy-state.ts';
import { type Clock, delay } from '#shared/runtime/clock.ts';
import type { Logger } from '#shared/runtime/logger.ts';
import type { RevokedSessions } from './revoked-sessions.ts';
import type { RouteTable } from './route.ts';
import type { SessionTable } from './session-table.ts';

/** Where the proxy learns from; each rejection means that it does not answer now. */
export interface ControlSource {
  readState(): Promise<ProxyState>;
  /** Resolves when events are kept for this proxy. After `onLost` no more come, and the caller subscribes anew. */
  subscribe(handlers: { onEvent(body: unknown): void; onLost(error: unknown): void }): Promise<Subscription>;
}

export interface Subscription {
  close(): Promise<void>;
}

export interface ControlOptions {
  source: ControlSource;
  revoked: RevokedSessions;
  sessions: SessionTable;
  clock: Clock;
  /** In [0, 1). */
  random(): number;
  logger: Logger;
}

export interface Control {
  /** Subscribes, then reads the state, and resolves when both are done: only then may the proxy listen. */
  start(): Promise<void>;
  /** Throws before `start` is done. */
  table(): RouteTable;
  /** Reads the state again, at most once in `missEveryMs`; a failure leaves the state as it is. */
  refresh(): Promise<void>;
  close(): Promise<void>;
}

/** elapsed at most: 0.25 s, 0.75 s, 1.75 s, 3.75 s, 8.75 s, then one attempt each 15 s. */
const retryDelaysMs = [250, 500, 1000, 2000, 5000, 15_000];
/** Without a subscription a revocation is seen when the state is read, at the latest this much later. */
const rereadEveryMs = 30_000;
const missEveryMs = 5000;

/**
 * Keeps label keys and revoked sessions as the control plane has them. The order at start makes a gap impossible:
 * what is revoked before the state is read is in the state, what is revoked after is an event.
 */
export function createControl(options: ControlOptions): Control {
  const { source, revoked, sessions, clock, random, logger } = options;
  const stopping = new AbortController();
  let known: { zone: string; labelKeys: readonly Uint8Array[] } | undefined;
  let subscription: Subscription | undefined;
  let refreshedAt = Number.NEGATIVE_INFINITY;
  // A slow older reading must not overwrite a newer one.
  let begun = 0;
  let applied = 0;

  const revoke = (sessionId: string, expiresAt: number): void => {
    revoked.add(sessionId, expiresAt);
    const connections = sessions.cut(sessionId, 'revoked');
    if (connections > 0) logger.log('session.revoked', { sessionId, connections });
  };

  const read = async (): Promise<boolean> => {
    const sequence = ++begun;
    try {
      const state = await source.readState();
      for (const { sessionId, expiresAt } of state.revokedSessions) revoke(sessionId, expiresAt);
      if (sequence > applied) {
        applied = sequence;
        known = {
          zone: state.zone.toLowerCase(),
          labelKeys: state.labelKeys.map((key) => Buffer.from(key, 'base64url')),
        };
      }
      logger.log('proxy.state_read', { keys: state.labelKeys.length, revoked: revoked.size });
      return true;
    } catch (error) {
      logger.log('proxy.state_unread', { error });
      return false;
    }
  };

  const onEvent = (body: unknown): void => {
    const parsed = proxyEventSchema.safeParse(body);
    if (!parsed.success) return logger.log('proxy.event_refused', { error: parsed.error.message });
    apply(parsed.data);
  };
  const apply = (event: ProxyEvent): void => {
    switch (event.type) {
      case 'admin-center.session.revoked':
        return revoke(event.data.sessionId, event.data.expiresAt);
      case 'admin-center.label-keys.changed':
        return void read();
      default:
        event satisfies never;
    }
  };

  const subscribe = async (): Promise<boolean> => {
    try {
      let isLost = false;
      subscription = await source.subscribe({
        onEvent,
        onLost(error) {
          if (isLost || stopping.signal.aborted) return;
          isLost = true;
          logger.log('proxy.subscription_lost', { error });
          void recover();
        },
      });
      logger.log('proxy.subscribed');
      return true;
    } catch (error) {
      logger.log('proxy.subscription_lost', { error });
      return false;
    }
  };

  const untilDone = async (attempt: () => Promise<boolean>): Promise<void> => {
    for (let failures = 0; !stopping.signal.aborted && !(await attempt()); failures++) {
      const longest = retryDelaysMs[Math.min(failures, retryDelaysMs.length - 1)] ?? rereadEveryMs;
      await delay(clock, longest * (1 - random() / 2), stopping.signal);
    }
  };

  const recover = async (): Promise<void> => {
    const recovered = new AbortController();
    const isOver = AbortSignal.any([stopping.signal, recovered.signal]);
    const reread = async () => {
      while (!isOver.aborted) {
        await read();
        await delay(clock, rereadEveryMs, isOver);
      }
    };
    const rereading = reread();
    await subscription?.close().catch(() => {});
    await untilDone(subscribe);
    recovered.abort();
    await rereading;
    // What was revoked between the last reading and the new subscription is in neither.
    await untilDone(read);
  };

  return {
    async start() {
      await untilDone(subscribe);
      await untilDone(read);
      stopping.signal.throwIfAborted();
    },
    table() {
      if (!known) throw new TypeError('the state was not read yet');
      return { ...known, isRevoked: (sessionId) => revoked.has(sessionId) };
    },
    async refresh() {
      if (clock.now() - refreshedAt < missEveryMs) return;
      refreshedAt = clock.now();
      await read();
    },
    async close() {
      stopping.abort();
      await subscription?.close().catch(() => {});
    },
  };
}

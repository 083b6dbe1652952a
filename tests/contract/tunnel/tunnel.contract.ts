import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { AppError } from '#shared/domain/error.ts';
import type { Incoming, TunnelDialer, TunnelListener } from '#shared/ports/tunnel.ts';

/** One dialer and one listener of one machine, through whatever lies between them. */
export interface TunnelPair {
  machineName: string;
  dialer: TunnelDialer;
  /** Not started yet. */
  listener: TunnelListener;
  /** Breaks the listener's link without telling it. */
  cutLink(): void;
}

const purpose = { service: 'WAC', sessionId: 'aaaaaaaaaaaaaaaa' };
const never = new AbortController().signal;
const digest = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
const codeOf = (open: Promise<unknown>) =>
  open.then(
    () => 'opened',
    (error: Error) => (error instanceof AppError ? error.code : error.name),
  );

/** Without an async iterator: that destroys a stream whose reading has ended, with what it still has to write. */
const readAll = (stream: Duplex) =>
  new Promise<Buffer>((resolve, reject) => {
    const parts: Buffer[] = [];
    stream.on('data', (part: Buffer) => parts.push(part));
    stream.on('end', () => resolve(Buffer.concat(parts)));
    stream.on('error', reject);
  });

/** What every adapter of the port `tunnel` promises. */
export function describeTunnel(name: string, makePair: () => Promise<TunnelPair>) {
  describe(`tunnel over ${name}`, () => {
    let pair: TunnelPair;
    let states: boolean[];
    beforeEach(async () => {
      pair = await makePair();
      states = [];
      pair.listener.onState((connected) => states.push(connected));
    });
    afterEach(async () => {
      await pair.dialer.close();
      await pair.listener.close();
    });

    const connected = async () => {
      pair.listener.start();
      await expect.poll(() => states.at(-1)).toBe(true);
    };
    async function open(): Promise<{ near: Duplex; far: Duplex; incoming: Incoming }> {
      const arrived = new Promise<{ far: Duplex; incoming: Incoming }>((resolve, reject) =>
        pair.listener.onStream((incoming) => {
          incoming.accept().then((far) => resolve({ far, incoming }), reject);
        }),
      );
      await connected();
      const near = await pair.dialer.open(pair.machineName, purpose, never);
      return { near, ...(await arrived) };
    }

    test('carries the purpose beside the bytes', async () => {
      const { incoming } = await open();
      expect(incoming.purpose).toEqual(purpose);
    });

    test('carries 8 MiB each way at once, unchanged', async () => {
      const { near, far } = await open();
      const up = randomBytes(8 << 20);
      const down = randomBytes(8 << 20);
      near.end(up);
      far.end(down);
      const [atFar, atNear] = await Promise.all([readAll(far), readAll(near)]);
      expect([digest(atFar), digest(atNear)]).toEqual([digest(up), digest(down)]);
    });

    test.each(['near', 'far'] as const)(
      'lets the other side answer after the %s side has ended',
      async (first) => {
        const sides = await open();
        const [asker, answerer] = first === 'near' ? [sides.near, sides.far] : [sides.far, sides.near];
        asker.end('question');
        expect(String(await readAll(answerer))).toBe('question');
        answerer.end('answer');
        expect(String(await readAll(asker))).toBe('answer');
      },
    );

    test('takes an empty write for nothing and not for the end', async () => {
      const { near, far } = await open();
      near.write('');
      near.write(Buffer.alloc(0));
      near.end('after');
      expect(String(await readAll(far))).toBe('after');
    });

    test('stops a writer whose reader does not read', async () => {
      const { near, far } = await open();
      const chunk = Buffer.alloc(256 * 1024);
      const total = 64 << 20;
      let taken = 0;
      const write = () => {
        while (taken < total) {
          taken += chunk.length;
          if (!near.write(chunk)) return void near.once('drain', write);
        }
        near.end();
      };
      write();
      await new Promise((resolve) => setTimeout(resolve, 300));
      expect(taken).toBeLessThan(total);
      let received = 0;
      for await (const part of far) received += (part as Buffer).length;
      expect(received).toBe(total);
    });

    test.each(['near', 'far'] as const)('breaks the stream when the %s side is destroyed', async (first) => {
      const sides = await open();
      const [breaker, other] = first === 'near' ? [sides.near, sides.far] : [sides.far, sides.near];
      const broken = once(other, 'close').catch((error: unknown) => error);
      const failure = new Promise((resolve) => other.once('error', resolve));
      breaker.on('error', () => {});
      other.resume();
      breaker.destroy();
      expect(await failure).toBeInstanceOf(Error);
      await broken;
    });

    test('hands the code of a rejection to the dialer', async () => {
      pair.listener.onStream((incoming) => void incoming.reject(403, 'port_not_allowed'));
      await connected();
      expect(await codeOf(pair.dialer.open(pair.machineName, purpose, never))).toBe('port_not_allowed');
    });

    test('fails with agent_offline when nobody listens', async () => {
      expect(await codeOf(pair.dialer.open(pair.machineName, purpose, never))).toBe('agent_offline');
    });

    test('gives up an opening that is aborted', async () => {
      pair.listener.onStream(() => {});
      await connected();
      const aborting = new AbortController();
      const opening = codeOf(pair.dialer.open(pair.machineName, purpose, aborting.signal));
      aborting.abort();
      expect(await opening).toBe('AbortError');
    });

    test('answers a stream once', async () => {
      const { incoming } = await open();
      await expect(incoming.reject(403, 'port_not_allowed')).rejects.toThrow('once');
    });

    test('connects again by itself after its link broke', async () => {
      await connected();
      pair.cutLink();
      await expect.poll(() => states).toEqual([true, false, true]);
    });

    test('ends its streams and does not connect again after close', async () => {
      const { near } = await open();
      near.on('error', () => {});
      const closed = once(near, 'close').catch(() => {});
      near.resume();
      await pair.listener.close();
      await closed;
      expect(states.at(-1)).toBe(false);
      expect(await codeOf(pair.dialer.open(pair.machineName, purpose, never))).toBe('agent_offline');
    });
  });
}

import { createServer, type Socket } from 'node:net';
import { createInterface } from 'node:readline';

/** Other processes that go with the clock: each holds one connection, is told the offset and says when it is there. */
export interface ClockFollowers {
  readonly port: number;
  readonly count: number;
  /** Resolves with how many have followed; one that has not within the limit is counted out. */
  tell(offsetMs: number): Promise<number>;
  close(): Promise<void>;
}

const answerWithinMs = 5_000;
/** A line is one number; a follower that sends more is none. */
const longestLine = 64;

/** A line protocol on loopback: `<offset in ms>\n` each way. It tells no more than what time it is. */
export async function createClockFollowers(port: number, offsetMs: () => number): Promise<ClockFollowers> {
  const followers = new Map<Socket, Set<(reached: number) => void>>();

  const server = createServer((socket) => {
    const waiting = new Set<(reached: number) => void>();
    followers.set(socket, waiting);
    socket.setNoDelay(true);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      followers.delete(socket);
      for (const settle of waiting) settle(-1);
    });
    let unread = 0;
    socket.on('data', (chunk: Buffer) => {
      unread = chunk.includes(0x0a) ? chunk.length - chunk.lastIndexOf(0x0a) : unread + chunk.length;
      if (unread > longestLine) socket.destroy();
    });
    const lines = createInterface({ input: socket });
    lines.on('line', (line) => {
      for (const settle of waiting) settle(Number(line));
    });
    // It repeats the socket's error, and a follower that was killed must not end the time machine.
    lines.on('error', () => {});
    socket.write(`${offsetMs()}\n`);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const address = server.address();

  const follow = (socket: Socket, waiting: Set<(reached: number) => void>, target: number) =>
    new Promise<boolean>((resolve) => {
      const done = (isThere: boolean) => {
        clearTimeout(timer);
        waiting.delete(settle);
        resolve(isThere);
      };
      const settle = (reached: number) => {
        if (reached < 0 || reached >= target) done(reached >= target);
      };
      const timer = setTimeout(() => done(false), answerWithinMs);
      waiting.add(settle);
      socket.write(`${target}\n`);
    });

  return {
    port: typeof address === 'object' && address ? address.port : port,
    get count() {
      return followers.size;
    },
    async tell(target) {
      const there = await Promise.all(
        [...followers].map(([socket, waiting]) => follow(socket, waiting, target)),
      );
      return there.filter(Boolean).length;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of followers.keys()) socket.destroy();
      }),
  };
}

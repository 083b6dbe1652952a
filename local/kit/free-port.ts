import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';

/** A loopback port that nobody listens on now: `wanted` when it is free, else one that the system chooses. */
export async function freePort(wanted = 0): Promise<number> {
  const attempt = (port: number) =>
    new Promise<number | undefined>((resolve) => {
      const server = createServer();
      server.once('error', () => resolve(undefined));
      server.listen(port, '127.0.0.1', () => {
        const chosen = (server.address() as AddressInfo).port;
        server.close(() => resolve(chosen));
      });
    });
  const port = (wanted ? await attempt(wanted) : undefined) ?? (await attempt(0));
  if (port === undefined) throw new Error('no free port on 127.0.0.1');
  return port;
}

import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createDirectConnections, type DirectConnections } from '#agent/direct-connections.ts';
import { createManualClock } from '#local/kit/clock.ts';
import { closed } from './door-connection.ts';

describe('connections that come straight to the machine', () => {
  const clock = createManualClock(1_800_000_000_000);
  let refused: { reason: string; unlogged?: number }[];
  let connections: DirectConnections;
  let server: Server;
  let clients: Socket[];
  let accepted: number;

  beforeEach(async () => {
    refused = [];
    clients = [];
    connections = createDirectConnections({
      names: () => [],
      nowSeconds: () => clock.now() / 1000,
      clock,
      onStream: () => undefined,
      onRefused: (facts) => refused.push(facts),
    });
    accepted = 0;
    server = createServer({ allowHalfOpen: true }, (socket) => {
      accepted += 1;
      connections.take(socket);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterEach(() => {
    for (const client of clients) client.destroy();
    connections.cut();
    server.close();
  });

  async function open(count: number): Promise<Socket[]> {
    const { port } = server.address() as AddressInfo;
    const opened = Array.from({ length: count }, () =>
      connect(port, '127.0.0.1')
        .on('error', () => undefined)
        .resume(),
    );
    clients.push(...opened);
    await Promise.all(opened.map((one) => once(one, 'connect')));
    await vi.waitFor(() => expect(accepted).toBe(count));
    return opened;
  }

  it('say who they want in ten seconds or are dropped', async () => {
    const opened = await open(2);
    opened[0]?.write(Buffer.from([22, 3, 1]));
    const ended = opened.map(closed);
    clock.advance(10_000);
    await Promise.all(ended);
    expect(refused.map(({ reason }) => reason)).toEqual(['hello_timeout', 'hello_timeout']);
  });

  it('are sixty-four at most that have not said it, and the log is not filled by them', async () => {
    const opened = await open(64 + 40);
    await Promise.all(opened.slice(64).map((one) => closed(one)));
    expect(opened.filter(({ destroyed }) => !destroyed)).toHaveLength(64);
    expect(refused).toHaveLength(30);
    expect(new Set(refused.map(({ reason }) => reason))).toEqual(new Set(['too_many_pending_hellos']));
    clock.advance(60_000);
    await vi.waitFor(() => expect(refused.at(-1)).toMatchObject({ reason: 'hello_timeout' }));
    expect(refused.find(({ unlogged }) => unlogged !== undefined)?.unlogged).toBe(10);
  });
});

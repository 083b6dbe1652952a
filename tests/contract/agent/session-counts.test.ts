import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { thumbprintOf } from '#agent/certificate-pair.ts';
import { hostOf, nowSeconds, openTestMachine, type TestMachine, ticketFor } from './door-machine.ts';
import { startTargetService } from './target-service.ts';
import { issueCertificate } from './test-authority.ts';

const patience = { timeout: 10_000 };
const session = 'b'.repeat(16);

describe('what the agent counts in a session', () => {
  let service: Awaited<ReturnType<typeof startTargetService>>;
  let echo: Server;
  let machine: TestMachine;

  beforeEach(async () => {
    service = await startTargetService();
    echo = createServer({ allowHalfOpen: true }, (socket) => socket.pipe(socket));
    await new Promise<void>((resolve) => echo.listen(0, '127.0.0.1', resolve));
    machine = await openTestMachine({ port: service.port, sampleMs: 20 });
    const content = await issueCertificate();
    await machine.install(content, thumbprintOf(new X509Certificate(content.chainPem)));
  });
  afterEach(async () => {
    await machine.close();
    await service.close();
    echo.close();
  });

  const latest = (sessionId = session) => machine.counts.findLast((count) => count.sessionId === sessionId);

  it('is what passed inside TLS, to the byte, from the opening of the session on', async () => {
    const { socket } = await machine.connectAs(session);
    let received = 0;
    socket.on('data', (chunk: Buffer) => (received += chunk.length));
    let sent = 0;
    const write = (text: string) => {
      sent += Buffer.byteLength(text);
      socket.write(text);
    };
    const host = hostOf(session);
    write(`GET /_session?ticket=${await ticketFor(session)} HTTP/1.1\r\nhost: ${host}\r\n\r\n`);
    await vi.waitFor(() => expect(received).toBeGreaterThan(0), patience);
    await vi.waitFor(() => expect(latest()).toMatchObject({ bytesUp: sent, bytesDown: received }), patience);
    const body = 'x'.repeat(100_000);
    write(`POST / HTTP/1.1\r\nhost: ${host}\r\ncontent-length: ${body.length}\r\n\r\n${body}`);
    await vi.waitFor(
      () => expect(latest()).toMatchObject({ bytesUp: sent, bytesDown: received, connections: 1 }),
      patience,
    );
    socket.end();
    await vi.waitFor(
      () => expect(latest()).toMatchObject({ bytesUp: sent, bytesDown: received, connections: 0 }),
      patience,
    );
  });

  it('has WebSockets in it, all connections together', async () => {
    const cookie = await machine.signIn(session);
    await vi.waitFor(() => expect(latest()?.connections).toBe(0), patience);
    const before = latest();
    const open = async () => {
      const connection = await machine.connectAs(session);
      const socket = connection.webSocket('/live', { cookie });
      await once(socket, 'open');
      return { socket, tls: connection.socket };
    };
    const both = [await open(), await open()];
    for (const { socket } of both) {
      socket.send(Buffer.alloc(70_000));
      await once(socket, 'message');
    }
    const sum = (side: 'bytesRead' | 'bytesWritten') => both.reduce((bytes, { tls }) => bytes + tls[side], 0);
    await vi.waitFor(
      () =>
        expect(latest()).toMatchObject({
          bytesUp: (before?.bytesUp ?? 0) + sum('bytesWritten'),
          bytesDown: (before?.bytesDown ?? 0) + sum('bytesRead'),
          connections: 2,
        }),
      patience,
    );
    expect(sum('bytesRead')).toBeGreaterThan(140_000);
    for (const { socket } of both) socket.terminate();
  });

  it('leaves out who was not let in', async () => {
    const { get } = await machine.connectAs(session);
    expect((await get('/')).status).toBe(401);
    await machine.signIn('c'.repeat(16));
    await vi.waitFor(() => expect(latest('c'.repeat(16))).toBeDefined(), patience);
    expect(latest()).toBeUndefined();
  });

  it('is SSH as it passed through', async () => {
    const address = echo.address();
    const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
    await machine.close();
    machine = await openTestMachine({ port, services: [{ name: 'SSH', port }], sampleMs: 20 });
    const stream = await machine.openStream({ service: 'SSH', sessionId: session });
    stream.write(Buffer.alloc(12_345));
    let received = 0;
    stream.on('data', (chunk: Buffer) => (received += chunk.length));
    await vi.waitFor(() => expect(received).toBe(12_345), patience);
    await vi.waitFor(
      () => expect(latest()).toMatchObject({ bytesUp: 12_345, bytesDown: 12_345, connections: 1 }),
      patience,
    );
    stream.destroy();
    await vi.waitFor(() => expect(latest()?.connections).toBe(0), patience);
  });

  it.each(['revoked', 'expired', 'service_closed'] as const)(
    'ends with the last count when it is %s, once',
    async (reason) => {
      const { socket, get } = await machine.connectAs(session);
      const sessionEndsAt = nowSeconds() + (reason === 'expired' ? 2 : 3600);
      const ticket = await ticketFor(session, { sessionEndsAt });
      await get(`/_session?ticket=${ticket}`);
      await vi.waitFor(() => expect(latest()?.connections).toBe(1), patience);
      if (reason === 'revoked') {
        await machine.door().revoke(session, sessionEndsAt);
        await machine.door().revoke(session, sessionEndsAt);
      }
      if (reason === 'service_closed') machine.configure({ services: [] });
      await vi.waitFor(() => expect(latest()?.ended?.reason).toBe(reason), patience);
      expect(latest()).toMatchObject({
        bytesUp: socket.bytesWritten,
        bytesDown: socket.bytesRead,
        connections: 0,
      });
      expect(socket.destroyed).toBe(true);
      await machine.restart();
      expect(machine.counts.filter(({ ended }) => ended)).toHaveLength(1);
    },
  );

  it('goes on after a restart of the agent, and ends what ended meanwhile', async () => {
    const { socket, get } = await machine.connectAs(session);
    const sessionEndsAt = nowSeconds() + 2;
    await get(`/_session?ticket=${await ticketFor(session, { sessionEndsAt })}`);
    await vi.waitFor(() => expect(latest()?.connections).toBe(1), patience);
    const { bytesWritten, bytesRead } = socket;
    await machine.restart();
    await vi.waitFor(() => expect(latest()?.ended?.reason).toBe('expired'), patience);
    expect(latest()).toMatchObject({ bytesUp: bytesWritten, bytesDown: bytesRead });
    expect(latest()?.ended?.at).toBe(new Date(sessionEndsAt * 1000).toISOString());
  });
});

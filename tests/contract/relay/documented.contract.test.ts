import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { openSubject, type Subject } from './subject.ts';
import { closeOf, dial, nextAccept, nextMessage, opened, statusOf } from './wire.ts';

let subject: Subject;
let sockets: WebSocket[] = [];

const call = (url: string): WebSocket => {
  const socket = dial(url);
  sockets.push(socket);
  return socket;
};
const act = (action: 'listen' | 'connect', token?: string, path = subject.path): WebSocket =>
  call(
    `wss://${subject.host}/$hc/${path}?sb-hc-action=${action}` +
      (token === undefined ? '' : `&sb-hc-token=${encodeURIComponent(token)}`),
  );
const listen = () => opened(act('listen', subject.token('Listen')));
const connect = () => act('connect', subject.token('Send'));

async function session(channel: WebSocket) {
  const announced = nextAccept(channel);
  const sender = connect();
  const senderOpen = opened(sender);
  const accept = await announced;
  const listener = await opened(call(accept.address));
  await senderOpen;
  return { accept, sender, listener };
}

/** A listener that is still connecting or closing would be chosen for the next test's sender. */
async function hangUp(socket: WebSocket): Promise<void> {
  if (socket.readyState === WebSocket.CLOSED) return;
  const closed = closeOf(socket);
  socket.close();
  await closed;
}

beforeAll(async () => {
  subject = await openSubject(process.env);
});
afterEach(async () => {
  await Promise.all(sockets.map(hangUp));
  sockets = [];
});
afterAll(() => subject?.close());

// Each case names its section of learn.microsoft.com/azure/azure-relay/relay-hybrid-connections-protocol.
describe('a hybrid connection as documented', () => {
  it('refuses a listener without a token by 401 (Listener control channel connection)', async () => {
    expect(await statusOf(act('listen'))).toMatchObject({ status: 401 });
  });

  it('refuses a token for another path by 403 (Listener control channel connection)', async () => {
    const foreign = subject.token('Listen', 'somewhere-else');
    expect(await statusOf(act('listen', foreign))).toMatchObject({ status: 403 });
  });

  it('answers 404 on a path that is not registered (Listener control channel connection)', async () => {
    const token = subject.token('Listen', 'not-registered');
    expect(await statusOf(act('listen', token, 'not-registered'))).toMatchObject({ status: 404 });
  });

  it('announces a sender by address, id and headers, and joins it there once (Accept message)', async () => {
    const { accept } = await session(await listen());
    const address = new URL(accept.address);
    expect(address.protocol).toBe('wss:');
    expect(address.pathname).toBe(`/$hc/${subject.path}`);
    expect(address.searchParams.get('sb-hc-action')).toBe('accept');
    expect(accept.id).toMatch(/./);
    expect(accept.connectHeaders).toMatchObject({ Host: expect.any(String) });
    expect(await statusOf(call(accept.address))).toMatchObject({ status: 403 });
  });

  it('answers a rejection by 410 and hands its status to the sender (Rejecting the socket)', async () => {
    const channel = await listen();
    const announced = nextAccept(channel);
    const refused = statusOf(connect());
    const { address } = await announced;
    const rejection = call(`${address}&sb-hc-statusCode=409&sb-hc-statusDescription=busy`);
    expect(await statusOf(rejection)).toMatchObject({ status: 410 });
    expect(await refused).toMatchObject({ status: 409, reason: expect.stringContaining('busy') });
  });

  it('keeps a channel whose token is renewed, and closes it at a bad one (Listener token renewal)', async () => {
    const channel = await listen();
    const said: unknown[] = [];
    channel.on('message', (data) => said.push(data));
    channel.send(JSON.stringify({ renewToken: { token: subject.token('Listen') } }));
    channel.ping();
    await once(channel, 'pong');
    expect(said).toEqual([]);
    await session(channel);
    const closed = closeOf(channel);
    channel.send(JSON.stringify({ renewToken: { token: subject.token('Listen', 'somewhere-else') } }));
    expect(await closed).toBe(1008);
  });

  it('relays text and bytes both ways as they are (Accept message)', async () => {
    const { sender, listener } = await session(await listen());
    for (const [from, to] of [
      [sender, listener],
      [listener, sender],
    ] as const) {
      const bytes = nextMessage(to);
      from.send(Buffer.from('bytes'));
      expect(await bytes).toEqual({ text: 'bytes', isBinary: true });
      const text = nextMessage(to);
      from.send('text');
      expect(await text).toEqual({ text: 'text', isBinary: false });
    }
  });

  it('closes the sender by 1000 when the listener closes (Web Socket connect protocol)', async () => {
    const { sender, listener } = await session(await listen());
    const closed = closeOf(sender);
    listener.close(1000);
    expect(await closed).toBe(1000);
  });

  it('lets 25 listeners in at once and not a 26th (Listen message)', async () => {
    const channels = await Promise.all(Array.from({ length: 25 }, listen));
    const last = act('listen', subject.token('Listen'));
    const closed = closeOf(last);
    // The page does not say how the service refuses it: by a status or by a close frame.
    const { status } = await statusOf(last);
    expect(status === 101 ? await closed : status).toBeGreaterThanOrEqual(400);
    expect(channels.filter(({ readyState }) => readyState === WebSocket.OPEN)).toHaveLength(25);
  });
});

import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { WebSocket } from 'ws';
import { createManualClock } from '#local/kit/clock.ts';
import { type RelayTwin, startRelayTwin } from './twin.ts';
import { closeOf, dial, nextAccept, nextMessage, opened, statusOf } from './wire.ts';

const clock = createManualClock(Date.now());
let twin: RelayTwin;
let path: string;
let count = 0;

beforeAll(async () => {
  twin = await startRelayTwin(clock);
});
afterAll(() => twin.close());
beforeEach(() => {
  path = `machine-${++count}`;
  twin.addPath(path);
  twin.relay.faults.clear();
});

const urlOf = (action: string, token?: string, target = path) =>
  `wss://${twin.host}/$hc/${target}${target.includes('?') ? '&' : '?'}sb-hc-action=${action}` +
  (token === undefined ? '' : `&sb-hc-token=${encodeURIComponent(token)}`);
const listenToken = (lifetimeSeconds = 3600) => twin.sas({ path, right: 'Listen', lifetimeSeconds });
const sendToken = () => twin.sas({ path, right: 'Send' });
const listen = () => opened(dial(urlOf('listen', listenToken())));

async function session(channel: WebSocket, target = path) {
  const announced = nextAccept(channel);
  const sender = dial(urlOf('connect', sendToken(), target));
  const accept = await announced;
  const senderOpen = opened(sender);
  const listener = await opened(dial(accept.address));
  await senderOpen;
  return { sender, listener, accept };
}

test('requirements 8 and 9: joins a sender and a listener at the announced address and relays both ways', async () => {
  const { sender, listener } = await session(await listen());
  const toListener = nextMessage(listener);
  sender.send(Buffer.from('up'));
  expect(await toListener).toEqual({ text: 'up', isBinary: true });
  const toSender = nextMessage(sender);
  listener.send('down');
  expect(await toSender).toEqual({ text: 'down', isBinary: false });
});

test('shows the listener suffix, query, id and headers of the sender, and never its token', async () => {
  const channel = await listen();
  const announced = nextAccept(channel);
  dial(`${urlOf('connect', undefined, `${path}/deep/er?service=WAC`)}&sb-hc-id=mine`, {
    ServiceBusAuthorization: sendToken(),
    'X-Trace': 'seen',
  });
  const accept = await announced;
  const address = new URL(accept.address);
  expect(address.pathname).toBe(`/$hc/${path}/deep/er`);
  expect(address.searchParams.get('service')).toBe('WAC');
  expect(accept).toMatchObject({ id: 'mine', connectHeaders: { 'X-Trace': 'seen', Host: twin.host } });
  expect(JSON.stringify(accept)).not.toContain('SharedAccessSignature');
});

test('lets an address be used once', async () => {
  const { accept } = await session(await listen());
  expect(await statusOf(dial(accept.address))).toMatchObject({ status: 403 });
});

test('ends the wait of a sender and the life of its address after 30 seconds', async () => {
  const channel = await listen();
  const announced = nextAccept(channel);
  const sender = statusOf(dial(urlOf('connect', sendToken())));
  const { address } = await announced;
  clock.advance(30_000);
  expect(await sender).toMatchObject({ status: 504 });
  expect(await statusOf(dial(address))).toMatchObject({ status: 403 });
});

test.each([
  ['sb-hc-statusCode', 'sb-hc-statusDescription'],
  ['statusCode', 'statusDescription'],
])('hands a rejection with %s to the sender and answers the listener 410', async (code, description) => {
  const channel = await listen();
  const announced = nextAccept(channel);
  const sender = statusOf(dial(urlOf('connect', sendToken())));
  const { address } = await announced;
  expect(await statusOf(dial(`${address}&${code}=403&${description}=port_not_allowed`))).toMatchObject({
    status: 410,
  });
  expect(await sender).toEqual({ status: 403, reason: 'port_not_allowed' });
});

test('keeps a rejection from writing headers into the answer', async () => {
  const channel = await listen();
  const announced = nextAccept(channel);
  const sender = statusOf(dial(urlOf('connect', sendToken())));
  const { address } = await announced;
  void statusOf(dial(`${address}&statusCode=403&statusDescription=${encodeURIComponent('a\r\nX-Evil: b')}`));
  expect(await sender).toEqual({ status: 403, reason: 'a X-Evil: b' });
});

test('answers 404 to a sender when nobody listens, and another 404 when the path is unknown', async () => {
  expect(await statusOf(dial(urlOf('connect', sendToken())))).toEqual({
    status: 404,
    reason: expect.stringContaining('There are no listeners connected for the endpoint.'),
  });
  const unknown = twin.sas({ path: 'nowhere', right: 'Send' });
  expect(await statusOf(dial(urlOf('connect', unknown, 'nowhere')))).toEqual({
    status: 404,
    reason: expect.stringContaining('Endpoint does not exist.'),
  });
});

test.each([
  ['no token', 401, () => undefined],
  ['a token that is none', 401, () => 'nonsense'],
  ['a wrong key', 401, () => twin.sas({ path, right: 'Listen', key: 'guessed' })],
  ['an unknown rule', 401, () => twin.sas({ path, right: 'Listen', rule: 'other' })],
  ['an expired token', 401, () => twin.sas({ path, right: 'Listen', lifetimeSeconds: -1 })],
  ['the other right', 403, () => twin.sas({ path, right: 'Send' })],
  ['another path', 403, () => twin.sas({ path: 'machine', right: 'Listen' })],
  ['a secondary key', 101, () => twin.sas({ path, right: 'Listen', key: 'secondary-Listen' })],
  ['a token for the namespace', 101, () => twin.sas({ path: '', right: 'Listen' })],
  ['an Entra token', 101, () => twin.jwt()],
  ['an Entra token for another audience', 401, () => twin.jwt('https://servicebus.azure.net')],
])('answers a listener with %s by %i', async (_, status, makeToken) => {
  expect(await statusOf(dial(urlOf('listen', await makeToken())))).toMatchObject({ status });
});

test('takes an Entra token from the header, raw or as Bearer', async () => {
  for (const token of [await twin.jwt(), `Bearer ${await twin.jwt()}`])
    expect(await statusOf(dial(urlOf('listen'), { ServiceBusAuthorization: token }))).toMatchObject({
      status: 101,
    });
});

test('refuses a 26th listener and spreads senders over the others', async () => {
  const channels = await Promise.all(Array.from({ length: 25 }, listen));
  expect(await closeOf(dial(urlOf('listen', listenToken())))).toBe(1008);
  const served = new Set<WebSocket>();
  for (const channel of channels) channel.on('message', () => served.add(channel));
  const senders = Array.from({ length: 40 }, () => statusOf(dial(urlOf('connect', sendToken()))));
  // The clock may only jump once all of them wait for a listener.
  const waiting = () => twin.relay.inspect?.()[0]?.rows.find((row) => row[0] === path)?.[3];
  await expect.poll(waiting, { timeout: 20_000 }).toBe(40);
  await expect.poll(() => served.size).toBeGreaterThan(1);
  clock.advance(30_000);
  await Promise.all(senders);
});

test('closes the control channel with 1008 when the token ends, and not the running session', async () => {
  const channel = await opened(dial(urlOf('listen', listenToken(60))));
  const { sender, listener } = await session(channel);
  const closed = closeOf(channel);
  clock.advance(60_000);
  expect(await closed).toBe(1008);
  const message = nextMessage(listener);
  sender.send('still here');
  expect((await message).text).toBe('still here');
});

test('keeps the control channel when the token is renewed, and closes it with 1008 when the new one is bad', async () => {
  const channel = await opened(dial(urlOf('listen', listenToken(60))));
  channel.send(JSON.stringify({ renewToken: { token: listenToken(600) } }));
  channel.ping();
  await new Promise((resolve) => channel.once('pong', resolve));
  clock.advance(120_000);
  await session(channel);
  const closed = closeOf(channel);
  channel.send(JSON.stringify({ renewToken: { token: sendToken() } }));
  expect(await closed).toBe(1008);
});

test.each(['not json', '{"renewToken":{}}', '[]'])('closes a control channel that says %s', async (text) => {
  const channel = await listen();
  const closed = closeOf(channel);
  channel.send(text);
  expect(await closed).toBe(1011);
});

test('closes everything on a deleted path with 1001', async () => {
  const channel = await listen();
  const { sender, listener } = await session(channel);
  const codes = Promise.all([channel, sender, listener].map(closeOf));
  twin.deletePath(path);
  expect(await codes).toEqual([1001, 1001, 1001]);
});

test('closes the sender with 1000 when the listener closes, and the listener with 1001', async () => {
  const channel = await listen();
  const first = await session(channel);
  first.listener.close(1000);
  expect(await closeOf(first.sender)).toBe(1000);
  const second = await session(channel);
  second.sender.close(1000);
  expect(await closeOf(second.listener)).toBe(1001);
});

test('tells the sender of a listener that broke off by 1011', async () => {
  const { sender, listener } = await session(await listen());
  listener.terminate();
  expect(await closeOf(sender)).toBe(1011);
});

test('holds a sender back while the listener does not read, and loses nothing', async () => {
  const { sender, listener } = await session(await listen());
  listener.pause();
  const chunk = Buffer.alloc(64 * 1024, 7);
  const total = 48 * 1024 * 1024;
  for (let sent = 0; sent < total; sent += chunk.length) sender.send(chunk);
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(sender.bufferedAmount).toBeGreaterThan(16 * 1024 * 1024);
  let received = 0;
  const all = new Promise<void>((resolve) =>
    listener.on('message', (data) => {
      received += (data as Buffer).length;
      if (received === total) resolve();
    }),
  );
  listener.resume();
  await all;
});

test('refuses what it does not do by its status', async () => {
  expect(await statusOf(dial(`wss://${twin.host}/other`))).toMatchObject({ status: 404 });
  expect(await statusOf(dial(urlOf('request', sendToken())))).toMatchObject({ status: 400 });
  const response = await fetch(`https://${twin.host}/${path}`);
  expect(response.status).toBe(501);
  expect(await response.text()).toContain('not HTTP requests');
});

test('applies a fault to the operation it is named for', async () => {
  twin.relay.faults.set('listen', { status: 500, count: 1 });
  expect(await statusOf(dial(urlOf('listen', listenToken())))).toMatchObject({ status: 500 });
  expect(await statusOf(dial(urlOf('listen', listenToken())))).toMatchObject({ status: 101 });
});

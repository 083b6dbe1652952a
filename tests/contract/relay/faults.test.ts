import { once } from 'node:events';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type RelayTwin, startRelayTwin } from './twin.ts';
import { closeOf, dial, nextAccept, opened, statusOf } from './wire.ts';

const path = 'machine';
let twin: RelayTwin;
beforeAll(async () => {
  twin = await startRelayTwin();
  twin.addPath(path);
});
afterAll(() => twin.close());
beforeEach(() => twin.relay.faults.clear());

const urlOf = (action: 'listen' | 'connect') => {
  const token = twin.sas({ path, right: action === 'listen' ? 'Listen' : 'Send' });
  return `wss://${twin.host}/$hc/${path}?sb-hc-action=${action}&sb-hc-token=${encodeURIComponent(token)}`;
};

describe('faults, seen by a WebSocket client', () => {
  it('answer a status instead of the handshake, as often as they were told to', async () => {
    twin.relay.faults.set('listen', { status: 500, count: 1 });
    expect(await statusOf(dial(urlOf('listen')))).toMatchObject({ status: 500 });
    const channel = await opened(dial(urlOf('listen')));
    channel.close();
    await closeOf(channel);
  });

  it('drop a handshake without an answer, after a delay', async () => {
    twin.relay.faults.set('connect', { drop: true, delayMs: 5 });
    const sender = dial(urlOf('connect'));
    const [error] = (await once(sender, 'error')) as [Error];
    expect(error.message).toMatch(/socket hang up|ECONNRESET/);
  });

  it('judge tokens by a clock that is off, the shared key and the Entra one', async () => {
    twin.relay.faults.set('*', { skewMs: 2 * 3_600_000 });
    expect(await statusOf(dial(urlOf('listen')))).toMatchObject({
      status: 401,
      reason: expect.stringContaining('ExpiredToken'),
    });
    const bearer = { ServiceBusAuthorization: `Bearer ${await twin.jwt()}` };
    const url = `wss://${twin.host}/$hc/${path}?sb-hc-action=listen`;
    expect(await statusOf(dial(url, bearer))).toMatchObject({ status: 401 });
    twin.relay.faults.clear();
    const channel = await opened(dial(url, bearer));
    channel.close();
    await closeOf(channel);
  });

  // Close codes of a control channel: "Azure Relay Hybrid Connections protocol", section "Listen message".
  it('close a control channel with 1011 when the service fails at a renewal', async () => {
    const channel = await opened(dial(urlOf('listen')));
    twin.relay.faults.set('renewToken', { status: 500, count: 1 });
    channel.send(JSON.stringify({ renewToken: { token: twin.sas({ path, right: 'Listen' }) } }));
    expect(await closeOf(channel)).toBe(1011);
  });

  it('break a control channel off at a ping, without a closing handshake', async () => {
    const channel = await opened(dial(urlOf('listen')));
    twin.relay.faults.set('ping', { drop: true, count: 1 });
    channel.ping();
    expect(await closeOf(channel)).toBe(1006);
  });
});

it('answers a ping with a pong of the same content and keeps the channel', async () => {
  const channel = await opened(dial(urlOf('listen')));
  const before = twin.relay.calls.count('ping');
  channel.ping('still there');
  const [content] = (await once(channel, 'pong')) as [Buffer];
  expect(content.toString()).toBe('still there');
  expect(twin.relay.calls.count('ping')).toBe(before + 1);
  channel.close();
  await closeOf(channel);
});

it('closes a control channel with 1011 at a message that it does not know', async () => {
  for (const message of ['{}', '[1', '{"renewToken":{}}', Buffer.from([1, 2])]) {
    const channel = await opened(dial(urlOf('listen')));
    channel.send(message);
    expect(await closeOf(channel)).toBe(1011);
  }
});

it('lets a person look at listeners, sessions and waiting senders', async () => {
  expect(twin.relay.inspect?.()[0]?.rows).toEqual([]);
  const channel = await opened(dial(urlOf('listen')));
  const announced = nextAccept(channel);
  const sender = dial(urlOf('connect'));
  const { address } = await announced;
  expect(twin.relay.inspect?.()[0]?.rows).toEqual([[path, 1, 0, 1]]);
  const both = [opened(sender), opened(dial(address))];
  const [, leg] = await Promise.all(both);
  expect(twin.relay.inspect?.()[0]?.rows).toEqual([[path, 1, 1, 0]]);
  const closed = closeOf(sender);
  leg?.close(1000);
  channel.close();
  await Promise.all([closed, closeOf(channel)]);
  await expect.poll(() => twin.relay.inspect?.()[0]?.rows).toEqual([]);
});

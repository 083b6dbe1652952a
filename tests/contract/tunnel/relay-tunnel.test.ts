import { afterAll, beforeAll, expect, test } from 'vitest';
import { freePort } from '#local/kit/free-port.ts';
import { createRelayDialer } from '#shared/adapters/relay/relay-tunnel-dialer.ts';
import { createRelayListener } from '#shared/adapters/relay/relay-tunnel-listener.ts';
import { type RelayTwin, startRelayTwin } from '../relay/twin.ts';
import { describeTunnel } from './tunnel.contract.ts';

let twin: RelayTwin;
let count = 0;
beforeAll(async () => {
  twin = await startRelayTwin();
});
afterAll(() => twin.close());

const never = new AbortController().signal;
const purpose = { service: 'WAC', sessionId: 'aaaaaaaaaaaaaaaa' };

async function makePair() {
  const path = `tunnel-${++count}`;
  twin.addPath(path);
  const dialer = createRelayDialer({ host: twin.host, token: () => twin.jwt() });
  const listener = createRelayListener({
    host: twin.host,
    path,
    token: async () => twin.sas({ path, right: 'Listen' }),
    now: Date.now,
    random: () => 0.5,
    reconnectDelaysMs: [10],
  });
  const cutLink = () => {
    // Deleting the path closes its channels; it is there again before the listener comes back.
    twin.deletePath(path);
    twin.addPath(path);
  };
  return { machineName: path, dialer, listener, cutLink };
}

describeTunnel('the relay', makePair);

test('fails with relay_unavailable when the relay refuses the token', async () => {
  const { machineName } = await makePair();
  const dialer = createRelayDialer({ host: twin.host, token: async () => 'none' });
  await expect(dialer.open(machineName, purpose, never)).rejects.toMatchObject({
    code: 'relay_unavailable',
    facts: { status: 401 },
  });
});

test('fails with relay_unavailable when the relay does not answer', async () => {
  const dialer = createRelayDialer({ host: `127.0.0.1:${await freePort()}`, token: async () => 'none' });
  await expect(dialer.open('m', purpose, never)).rejects.toMatchObject({ code: 'relay_unavailable' });
});

test('renews the token before it ends', async () => {
  const path = 'renewed';
  twin.addPath(path);
  const renewals = twin.relay.calls.count('renewToken');
  const listener = createRelayListener({
    host: twin.host,
    path,
    token: async () => twin.sas({ path, right: 'Listen', lifetimeSeconds: 2 }),
    now: Date.now,
    random: Math.random,
  });
  const states: boolean[] = [];
  listener.onState((connected) => states.push(connected));
  listener.start();
  await expect.poll(() => twin.relay.calls.count('renewToken') - renewals, { timeout: 10_000 }).toBe(2);
  expect(states).toEqual([true]);
  await listener.close();
});

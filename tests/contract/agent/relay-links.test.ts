import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createRelayLinks, type RelayLinks, relayTargetsOf } from '#agent/relay-links.ts';
import { createRelayDialer } from '#shared/adapters/relay/relay-tunnel-dialer.ts';
import { createRelayListener } from '#shared/adapters/relay/relay-tunnel-listener.ts';
import { type RelayTwin, startRelayTwin } from '../relay/twin.ts';

const [oldName, newName] = ['o'.repeat(26), 'n'.repeat(26)] as [string, string];
/** With or without an error. */
const closed = (stream: Duplex) => new Promise((resolve) => stream.once('close', resolve));
const purpose = { service: 'WAC', sessionId: 'b'.repeat(16) };

describe('the links of a machine to the relay', () => {
  let twin: RelayTwin;
  let links: RelayLinks;
  const changes: boolean[] = [];
  const opened: string[] = [];
  beforeAll(async () => {
    twin = await startRelayTwin();
    for (const path of [oldName, newName]) twin.addPath(path);
    links = createRelayLinks({
      open(target) {
        opened.push(target.path);
        const token = async () => twin.sas({ path: target.path, right: 'Listen' });
        return createRelayListener({ ...target, token, now: Date.now, random: Math.random });
      },
      onStream: ({ accept }) => void accept().then((stream) => stream.pipe(stream)),
      onState: () => undefined,
      onChange: (connected) => void changes.push(connected),
    });
  });
  afterAll(async () => {
    await links.close();
    await twin.close();
  });

  const aimAt = (machineName: string, ...retired: string[]) =>
    links.aim(
      relayTargetsOf({
        machineName,
        zone: 'wac.localhost',
        relay: { host: twin.host, path: machineName },
        retiredNames: retired.map((name) => ({ machineName: name, until: '' })),
      }),
    );
  const waitForLink = () => vi.waitFor(() => expect(links.isConnected()).toBe(true), { timeout: 10_000 });

  async function open(machineName: string): Promise<Duplex> {
    const token = async () => twin.sas({ path: machineName, right: 'Send' });
    const dialer = createRelayDialer({ host: twin.host, token });
    const stream = await dialer.open(machineName, purpose, AbortSignal.timeout(10_000));
    stream.on('error', () => stream.destroy());
    return stream;
  }

  async function echo(stream: Duplex, text: string): Promise<string> {
    stream.write(text);
    return String((await once(stream, 'data'))[0]);
  }

  it('carry the streams of a name that was given up until it is named no more', async () => {
    aimAt(oldName);
    await waitForLink();
    const living = await open(oldName);
    expect(await echo(living, 'before')).toBe('before');

    aimAt(newName, oldName);
    await waitForLink();
    expect(await echo(living, 'while both are served')).toBe('while both are served');
    const [late, other] = [await open(oldName), await open(newName)];
    expect(await echo(late, 'late')).toBe('late');
    expect(await echo(other, 'new')).toBe('new');

    const cut = Promise.all([living, late].map(closed));
    aimAt(newName);
    await cut;
    await expect(open(oldName)).rejects.toMatchObject({ code: 'agent_offline' });
    expect(await echo(other, 'after')).toBe('after');
    other.destroy();
    expect(opened).toEqual([oldName, newName]);
    expect(changes).toEqual([true, false, true]);
  });

  it('are none where the machine has no name, and one where a name is listed twice', () => {
    expect(
      relayTargetsOf({ machineName: '', zone: '', relay: { host: 'h', path: '' }, retiredNames: [] }),
    ).toEqual([]);
    const twice = [oldName, newName, oldName].map((machineName) => ({ machineName, until: '' }));
    const relay = { host: 'h', path: newName };
    expect(relayTargetsOf({ machineName: newName, zone: '', relay, retiredNames: twice })).toEqual([
      relay,
      { host: 'h', path: oldName },
    ]);
  });
});

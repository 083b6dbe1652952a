import { once } from 'node:events';
import { createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { freePort } from '#local/kit/free-port.ts';
import { mintLabel } from '#shared/domain/label.ts';
import { type DirectWorld, openDirectWorld } from './direct-world.ts';
import { closed } from './door-connection.ts';
import { hostOf, nowSeconds, ticketFor } from './door-machine.ts';
import { machineName, zone } from './test-authority.ts';

const one = 'b'.repeat(15) + '2';
const two = 'b'.repeat(15) + '3';
const three = 'b'.repeat(15) + '4';

/** The description of the one alert of RFC 8446 section 6 that came, if that is all that came. */
const alertOf = (answer: Buffer | string) =>
  typeof answer !== 'string' && answer.length === 7 && answer[0] === 21 ? answer[6] : answer;

describe('a machine in direct mode', () => {
  let world: DirectWorld;
  beforeAll(async () => {
    world = await openDirectWorld();
    world.aim(world.at());
    await vi.waitUntil(() => world.waysIn.isReachable());
  });
  afterAll(() => world.close());

  it('requirements 69 and 83: opens a session on the chosen address, TLS ending at the machine, and passes it on to the service on another port', async () => {
    const { get, socket } = await world.connectAs(one);
    expect((await get('/')).status).toBe(401);
    const opened = await get(`/_session?ticket=${await ticketFor(one)}`);
    expect(opened).toMatchObject({ status: 302, headers: { location: '/' } });
    const cookie = opened.headers['set-cookie']?.[0]?.split(';')[0] ?? '';
    const reply = await get('/files', { cookie, host: `${hostOf(one)}:${world.port}` });
    expect(reply).toMatchObject({ status: 200, body: 'you asked for /files' });
    expect(world.service.seen.at(-1)?.headers).toMatchObject({
      'x-forwarded-port': String(world.port),
      'x-admin-center-user': 'ada@contoso.example',
    });
    expect((await get('/', { cookie, host: hostOf(two) })).status).toBe(421);
    socket.destroy();
  });

  it('speaks over web sockets there too', async () => {
    const cookie = await world.signIn(one);
    const webSocket = (await world.connectAs(one)).webSocket('/live', { cookie });
    await once(webSocket, 'open');
    webSocket.send('hello');
    expect(String((await once(webSocket, 'message'))[0])).toBe('hello');
    webSocket.close();
    await once(webSocket, 'close');
  });

  it.each([
    ['the machine’s own base name', `${machineName}.${zone}`],
    ['another machine', `${hostOf(one, 'c'.repeat(26))}`],
    ['another zone', 'www.contoso.example'],
  ])('answers %s with the alert unrecognized_name', async (_, serverName) => {
    await expect(world.connectAs(one, serverName)).rejects.toThrow(/unrecognized name/);
    expect(world.lines.at(-1)).toContain('foreign_name');
  });

  const label = (change: { expiresAt?: number; service?: 'WAC' | 'SSH' }) =>
    `${mintLabel(new Uint8Array(32), machineName, { sessionId: one, service: 'WAC', expiresAt: nowSeconds() + 60, ...change })}.${machineName}.${zone}`;

  it.each([
    ['requirement 74: whose time is over', label({ expiresAt: nowSeconds() - 1 }), 'expired_label'],
    ['for SSH', label({ service: 'SSH' }), 'malformed_label'],
    ['that is none', `www.${machineName}.${zone}`, 'malformed_label'],
  ])('answers a label %s with the alert access_denied', async (_, serverName, reason) => {
    await expect(world.connectAs(one, serverName)).rejects.toThrow(/access denied/);
    expect(world.lines.at(-1)).toContain(reason);
  });

  it('answers a session that was revoked with the alert access_denied, and cuts its connections', async () => {
    const live = await world.connectAs(two);
    const cut = closed(live.socket);
    await world.machine.door().revoke(two, nowSeconds() + 600);
    await cut;
    await expect(world.connectAs(two)).rejects.toThrow(/access denied/);
  });

  it('answers what is no ClientHello with an alert or not at all', async () => {
    const { send } = world;
    expect(alertOf(await send(Buffer.from([22, 3, 1, 0, 4, 1, 0, 0, 0])))).toBe(50);
    for (const bytes of [Buffer.from('GET / HTTP/1.1\r\n\r\n'), Buffer.alloc(0), Buffer.alloc(40_000, 255)])
      expect([Buffer.alloc(0), 'ECONNRESET', 'EPIPE']).toContainEqual(await send(bytes));
  });

  it('requirement 54: forwards nothing to a Windows Admin Center that nobody agreed to lose', async () => {
    const live = await world.connectAs(one);
    const cut = closed(live.socket);
    world.machine.withhold(true);
    await cut;
    await expect(world.connectAs(one)).rejects.toThrow(/access denied/);
    expect(world.machine.lines.at(-1)).toContain('consent_required');
    world.machine.withhold(false);
  });

  it('requirements 38 and 40: a policy that closes the port closes the listener, and cuts who is in, at once', async () => {
    const policies: [string, object][] = [
      ['e'.repeat(16), { 'incomingconnections.enabled': false }],
      // The port is open, and the service behind it is not.
      ['f'.repeat(16), { 'incomingconnections.ports': String(world.port) }],
    ];
    for (const [session, policy] of policies) {
      const live = await world.connectAs(session);
      const cut = closed(live.socket);
      await world.allow(policy);
      await cut;
      const isListening = 'incomingconnections.ports' in policy;
      await expect(world.connectAs(session)).rejects.toThrow(isListening ? /access denied/ : 'ECONNREFUSED');
      expect(world.waysIn.isReachable()).toBe(isListening);
      await world.allow({ 'incomingconnections.ports': `${world.port},${world.service.port}` });
      await vi.waitFor(async () => (await world.connectAs(session)).socket.destroy(), { timeout: 5_000 });
    }
  });

  it('follows desired state to another port and address, and cuts who came by the old one', async () => {
    const cookie = await world.signIn(three);
    const live = await world.connectAs(three);
    expect((await live.get('/', { cookie })).status).toBe(200);
    const cut = closed(live.socket);
    const next = world.at({ address: '::1', port: await freePort() });
    await world.allow({ 'incomingconnections.ports': `${world.port},${next.port},${world.service.port}` });
    await vi.waitFor(() => expect(world.machine.door().allows(next.port)).toBe(true), { timeout: 5_000 });
    world.aim(next);
    await cut;
    await vi.waitFor(() => expect(world.waysIn.isReachable()).toBe(true));
    const { get, socket } = await world.connectAs(three, hostOf(three), next);
    expect((await get('/', { cookie })).status).toBe(200);
    socket.destroy();
    await expect(world.connectAs(three)).rejects.toThrow('ECONNREFUSED');
    expect(world.waysIn.listener()).toEqual({ at: `[::1]:${next.port}` });
    world.aim(world.at());
    await vi.waitFor(() => expect(world.waysIn.listener()).toEqual({ at: `127.0.0.1:${world.port}` }));
  });

  it('works beside a service that has the same port on 127.0.0.1', async () => {
    const taken = world.at({ address: '127.0.0.2', port: world.service.port });
    world.aim(taken);
    await vi.waitFor(() => expect(world.waysIn.isReachable()).toBe(true));
    (await world.connectAs(three, hostOf(three), taken)).socket.destroy();
  });

  it('says once that a port is taken, tries again, and listens when it is free', async () => {
    const other = createServer();
    const port = await freePort();
    await new Promise<void>((resolve) => other.listen(port, '127.0.0.1', resolve));
    await world.allow({ 'incomingconnections.ports': `${port},${world.service.port}` });
    await vi.waitFor(() => expect(world.machine.door().allows(port)).toBe(true), { timeout: 5_000 });
    world.aim(world.at({ port }));
    const failure = 'the port is taken by another program';
    const at = `127.0.0.1:${port}`;
    await vi.waitFor(() => expect(world.waysIn.listener()).toEqual({ at, failure }));
    expect(world.waysIn.isReachable()).toBe(false);
    await vi.waitFor(() => expect(world.failures).toEqual([`the agent cannot listen on ${at}: ${failure}`]));
    await new Promise((resolve) => other.close(resolve));
    await vi.waitFor(() => expect(world.waysIn.listener()).toEqual({ at }), { timeout: 10_000 });
    expect(world.waysIn.isReachable()).toBe(true);
    expect(world.failures).toHaveLength(1);
  });

  it.each([
    ['0.0.0.0', 'it stands for every address of the machine'],
    ['::', 'it stands for every address of the machine'],
    ['192.0.2.1', 'the machine has no such address'],
    ['localhost', 'it is no address'],
  ])('does not listen on %s', async (address, failure) => {
    world.aim(world.at({ address, port: world.service.port }));
    await vi.waitFor(() => expect(world.waysIn.listener()?.failure).toBe(failure));
    expect(world.waysIn.isReachable()).toBe(false);
  });
});

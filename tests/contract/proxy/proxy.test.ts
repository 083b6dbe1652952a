import { createHash, randomBytes, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { connect as connectPlain } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TLSSocket } from 'node:tls';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { createManualClock } from '#local/kit/clock.ts';
import { helloMessage, records, serverNames } from '../../unit/proxy/hello-bytes.ts';
import { machineName, startWorld, type World, zone } from './world.ts';

const clock = createManualClock(Date.now());
let world: World;
beforeAll(async () => {
  world = await startWorld(clock);
});
afterAll(() => world.close());
beforeEach(() => {
  world.machine.removeAllListeners('secureConnection');
  world.log.length = 0;
});

const digest = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
const onMachine = (serve: (socket: TLSSocket) => void) =>
  world.machine.on('secureConnection', (socket: TLSSocket) => {
    socket.on('error', () => {});
    serve(socket);
  });
/** The one line of the connections that fit. */
const lineWith = (fields: object) =>
  expect.poll(
    () => world.log.filter((line) => Object.entries(fields).every(([name, value]) => line[name] === value)),
    { timeout: 5000 },
  );

async function secured(host: string, allowHalfOpen = false): Promise<TLSSocket> {
  const client = world.client(host, { allowHalfOpen });
  await once(client, 'secureConnect');
  return client;
}

const failureOf = (client: TLSSocket) =>
  new Promise<string>((resolve) =>
    client.once('error', (error: Error & { code?: string }) => resolve(error.code ?? '')),
  );

test('requirements 69 and 70: shows the client the leaf that the machine serves, under the session name', async () => {
  let asked: string | false | null = null;
  const seenByMachine = new Promise<string>((resolve) =>
    onMachine((socket) => {
      asked = socket.servername;
      const own = socket.getCertificate() as { raw: Buffer };
      resolve(new X509Certificate(own.raw).fingerprint256);
      socket.end();
    }),
  );
  const { host } = world.sessionHost();
  const client = await secured(host);
  expect(client.getPeerX509Certificate()?.fingerprint256).toBe(await seenByMachine);
  expect(asked).toBe(host);
});

test('carries 20 MB both ways through slow readers, unchanged', async () => {
  const up = randomBytes(20_000_000);
  const down = randomBytes(20_000_000);
  const slowly = (socket: TLSSocket) =>
    new Promise<Buffer>((resolve, reject) => {
      const parts: Buffer[] = [];
      socket.on('data', (part: Buffer) => {
        if (parts.push(part) % 128 !== 0) return;
        socket.pause();
        setTimeout(() => socket.resume(), 5);
      });
      socket.on('end', () => resolve(Buffer.concat(parts)));
      socket.on('error', reject);
    });
  const atMachine = new Promise<Buffer>((resolve, reject) =>
    onMachine((socket) => {
      slowly(socket).then(resolve, reject);
      socket.end(down);
    }),
  );
  const { host } = world.sessionHost();
  const client = await secured(host, true);
  client.end(up);
  const atClient = await slowly(client);
  expect(digest(await atMachine)).toBe(digest(up));
  expect(digest(atClient)).toBe(digest(down));
  await lineWith({ serverName: host, reason: 'ended' }).toHaveLength(1);
  const line = world.log.find(({ serverName }) => serverName === host);
  expect(line?.['bytesUp']).toBeGreaterThan(20_000_000);
  expect(line?.['bytesDown']).toBeGreaterThan(20_000_000);
});

test('lets the machine answer after the client has ended, and logs one line without payload', async () => {
  onMachine((socket) => void buffer(socket).then((question) => socket.end(`answer to ${question}`)));
  const { host } = world.sessionHost();
  const client = await secured(host, true);
  client.end('question');
  expect(String(await buffer(client))).toBe('answer to question');
  await lineWith({ serverName: host }).toHaveLength(1);
  expect(JSON.stringify(world.log)).not.toContain('question');
});

test('opens a path for a hello that comes byte by byte', async () => {
  onMachine((socket) => socket.end());
  const hello = records(helloMessage(serverNames(world.sessionHost().host)), 40);
  const socket = connectPlain(world.proxy.port, '127.0.0.1');
  socket.setNoDelay(true);
  const answer = once(socket, 'data');
  for (const byte of hello) {
    socket.write(Buffer.from([byte]));
    await new Promise((resolve) => setImmediate(resolve));
  }
  // The hello is legal and its one cipher suite is not offered for its one version: the machine itself refuses it.
  expect((await answer)[0]).toMatchObject({ 0: 21 });
  socket.destroy();
});

test.each([
  ['a damaged label', () => `x${world.sessionHost().host.slice(1)}`, 'access denied', 'malformed_label'],
  [
    'a label of another key',
    () => world.sessionHost({ key: randomBytes(32) }).host,
    'access denied',
    'foreign_label',
  ],
  [
    'a label of another machine',
    () => world.sessionHost({ machine: 'bbcdefghijklmnopqrstuvwxyz' }).host,
    'access denied',
    'foreign_label',
  ],
  [
    'an expired label',
    () => world.sessionHost({ lifetimeSeconds: 0 }).host,
    'access denied',
    'expired_label',
  ],
  ['the base name of a machine', () => `${machineName}.${zone}`, 'unrecognized name', 'no_label'],
  ['a name of another zone', () => 'other.example', 'unrecognized name', 'foreign_zone'],
])('answers %s with an alert and logs the reason', async (_, hostOf, alert, reason) => {
  const host = hostOf();
  const client = world.client(host);
  const [error] = (await once(client, 'error')) as [Error];
  expect(error.message.replaceAll('_', ' ')).toMatch(new RegExp(alert, 'i'));
  await lineWith({ event: 'connection.refused', serverName: host, reason }).toHaveLength(1);
});

test('answers a damaged hello with decode_error and bytes that are not TLS with nothing', async () => {
  const damaged = records(helloMessage(serverNames('a', 'b')));
  expect([...(await world.answerTo(damaged))]).toEqual([21, 3, 3, 0, 2, 2, 50]);
  expect(await world.answerTo(Buffer.from('GET / HTTP/1.1\r\n\r\n'))).toHaveLength(0);
  await lineWith({ reason: 'not_tls' }).toHaveLength(1);
});

test('drops a client that does not finish its hello, and refuses too many that wait', async () => {
  const waiting = Array.from({ length: 3 }, () => world.answerTo(Buffer.from([22])));
  await sleep(50);
  expect(await world.answerTo(Buffer.from([22]))).toHaveLength(0);
  await lineWith({ reason: 'too_many_pending_hellos' }).toHaveLength(1);
  clock.advance(5000);
  expect(await Promise.all(waiting)).toEqual([Buffer.alloc(0), Buffer.alloc(0), Buffer.alloc(0)]);
  await lineWith({ reason: 'hello_timeout' }).toHaveLength(3);
});

test('cuts a live session at its revocation and refuses its label from then on', async () => {
  const other = await secured(world.sessionHost().host);
  const { host, sessionId, expiresAt } = world.sessionHost();
  const arrived = new Promise<TLSSocket>((resolve) =>
    onMachine((socket) => socket.servername === host && resolve(socket)),
  );
  const client = await secured(host);
  const atMachine = await arrived;
  const endedAtMachine = new Promise((resolve) => atMachine.resume().once('end', resolve));
  const closed = new Promise((resolve) => client.resume().once('close', resolve));
  world.send('admin-center.session.revoked', { sessionId, expiresAt });
  await Promise.all([closed, endedAtMachine]);
  await lineWith({ event: 'connection.closed', sessionId, reason: 'revoked' }).toHaveLength(1);
  expect(await failureOf(world.client(host))).toMatch(/ALERT/);
  expect(other.destroyed).toBe(false);
});

test('requirements 7, 72 and 74: cuts a live session at the end of its label', async () => {
  onMachine((socket) => socket.write('hello'));
  const { host, sessionId } = world.sessionHost({ lifetimeSeconds: 1200 });
  const client = await secured(host);
  const closed = new Promise((resolve) => client.resume().once('close', resolve));
  clock.advance(1_200_000);
  await closed;
  await lineWith({ event: 'connection.closed', sessionId, reason: 'expired' }).toHaveLength(1);
  expect(await failureOf(world.client(host))).toMatch(/ALERT/);
});

test('reads the keys again for a label under a key that it does not know yet', async () => {
  onMachine((socket) => socket.end());
  const newKey = randomBytes(32);
  clock.advance(10_000);
  world.state.labelKeys.unshift(newKey.toString('base64url'));
  const client = await secured(world.sessionHost({ key: newKey }).host);
  expect(client.getPeerX509Certificate()).toBeDefined();
});

test('answers with an alert and logs agent_offline when the agent is not there', async () => {
  await world.listener.close();
  expect(await failureOf(world.client(world.sessionHost().host))).toMatch(/INTERNAL_ERROR/);
  await lineWith({ event: 'connection.refused', reason: 'agent_offline', machineName }).toHaveLength(1);
});

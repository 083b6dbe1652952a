import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { thumbprintOf } from '#agent/certificate-pair.ts';
import { hostOf, nowSeconds, openTestMachine, type TestMachine, ticketFor } from './door-machine.ts';
import { startTargetService } from './target-service.ts';
import { issueCertificate, machineName } from './test-authority.ts';

const one = 'a'.repeat(15) + '2';
const two = 'a'.repeat(15) + '3';

describe("the agent's door", () => {
  let service: Awaited<ReturnType<typeof startTargetService>>;
  let machine: TestMachine;

  beforeAll(async () => {
    service = await startTargetService();
    machine = await openTestMachine({ port: service.port });
    const content = await issueCertificate();
    await machine.install(content, thumbprintOf(new X509Certificate(content.chainPem)));
  });
  afterAll(async () => {
    await machine.close();
    await service.close();
  });

  it('answers 401 with its own page when no ticket was used', async () => {
    const { get } = await machine.connectAs(one);
    const reply = await get('/');
    expect(reply.status).toBe(401);
    expect(reply.body).toContain('session_missing');
    expect(reply.body).toContain('press Connect again');
    expect(reply.headers['content-security-policy']).toContain("default-src 'none'");
    expect(service.seen).toHaveLength(0);
  });

  it('opens the session with a ticket and passes requests on with what the service may know', async () => {
    const { get } = await machine.connectAs(one);
    const opened = await get(`/_session?ticket=${await ticketFor(one)}`);
    expect(opened.status).toBe(302);
    expect(opened.headers.location).toBe('/');
    const [cookie = ''] = opened.headers['set-cookie'] ?? [];
    expect(cookie).toMatch(/^__Host-session=[A-Za-z0-9_-]{43}; Path=\/; Secure; HttpOnly; SameSite=Lax$/);
    const reply = await get('/files?x=1', {
      cookie: `theme=dark; ${cookie.split(';')[0]}; lang=en`,
      'x-admin-center-user': 'root@contoso.example',
      'x-forwarded-for': '203.0.113.9',
      forwarded: 'for=203.0.113.9',
    });
    expect(reply).toMatchObject({ status: 200, body: 'you asked for /files?x=1' });
    expect(reply.headers['set-cookie']).toEqual(['app=1; Path=/; HttpOnly']);
    const { headers } = service.seen.at(-1) ?? { headers: {} };
    expect(headers).toMatchObject({
      host: hostOf(one),
      cookie: 'theme=dark; lang=en',
      'x-admin-center-user': 'ada@contoso.example',
      'x-forwarded-proto': 'https',
      'x-forwarded-host': hostOf(one),
      'x-forwarded-port': '443',
    });
    expect(headers).not.toHaveProperty('x-forwarded-for');
    expect(headers).not.toHaveProperty('forwarded');
  });

  it('refuses a ticket the second time, after a restart of the agent too', async () => {
    const ticket = await ticketFor(one);
    const first = await (await machine.connectAs(one)).get(`/_session?ticket=${ticket}`);
    expect(first.status).toBe(302);
    const again = await (await machine.connectAs(one)).get(`/_session?ticket=${ticket}`);
    expect(again).toMatchObject({ status: 401 });
    expect(again.body).toContain('ticket_used');
    await machine.restart();
    const later = await (await machine.connectAs(one)).get(`/_session?ticket=${ticket}`);
    expect(later.body).toContain('ticket_used');
    const cookie = first.headers['set-cookie']?.[0]?.split(';')[0] ?? '';
    expect((await (await machine.connectAs(one)).get('/', { cookie })).status).toBe(200);
  });

  it('takes one ticket once when two requests bring it together', async () => {
    const ticket = await ticketFor(one);
    const replies = await Promise.all(
      [1, 2, 3].map(async () => (await machine.connectAs(one)).get(`/_session?ticket=${ticket}`)),
    );
    expect(replies.map((reply) => String(reply.status)).toSorted()).toEqual(['302', '401', '401']);
  });

  it.each([
    ['ticket_missing', () => Promise.resolve('')],
    ['ticket_invalid', () => Promise.resolve('abc.def.ghi')],
    ['ticket_expired', () => ticketFor(one, { mintedAt: nowSeconds() - 120 })],
    ['ticket_foreign', () => ticketFor(two)],
    ['ticket_foreign', () => ticketFor(one, { service: 'SSH' })],
    ['ticket_foreign', () => ticketFor(one, { machineName: 'c'.repeat(26) })],
    ['session_ended', () => ticketFor(one, { sessionEndsAt: nowSeconds() - 1 })],
  ])('refuses with %s', async (code, ticket) => {
    const { get } = await machine.connectAs(one);
    const reply = await get(`/_session?ticket=${await ticket()}`);
    expect(reply.status).toBe(401);
    expect(reply.body).toContain(code);
    expect(reply.headers['set-cookie']).toBeUndefined();
  });

  it('takes the ticket by GET alone', async () => {
    const { get } = await machine.connectAs(one);
    const path = `/_session?ticket=${await ticketFor(one)}`;
    expect((await get(path, {}, 'HEAD')).status).toBe(405);
    expect((await get(path)).status).toBe(302);
  });

  it("does not take another session's cookie", async () => {
    const cookie = await machine.signIn(one);
    const reply = await (await machine.connectAs(two)).get('/', { cookie });
    expect(reply.status).toBe(401);
  });

  it('answers 421 when Host names another session than the connection', async () => {
    const cookie = await machine.signIn(two);
    const { get } = await machine.connectAs(one);
    const reply = await get('/', { host: hostOf(two), cookie });
    expect(reply.status).toBe(421);
    expect(reply.body).toContain('host_mismatch');
  });

  it("refuses a server name whose label is another session's, by a TLS alert", async () => {
    await expect(machine.connectAs(one, hostOf(two))).rejects.toMatchObject({
      code: 'ERR_SSL_SSL/TLS_ALERT_HANDSHAKE_FAILURE',
    });
    expect(machine.lines.some((line) => line.includes('belongs to another session'))).toBe(true);
  });

  it('refuses a server name that is not of this machine', async () => {
    await expect(machine.connectAs(one, 'www.contoso.example')).rejects.toThrow(/alert/i);
  });

  it('closes a stream whose handshake was given up', async () => {
    const stream = await machine.openStream({ service: 'WAC', sessionId: one });
    stream.end(Buffer.from([0x16, 3, 1]));
    await once(stream, 'close');
    expect(stream.destroyed).toBe(true);
  });

  it('passes a WebSocket on, both ways', async () => {
    const cookie = await machine.signIn(one);
    const connection = await machine.connectAs(one);
    const socket = connection.webSocket('/live', { cookie });
    await once(socket, 'open');
    const big = Buffer.alloc(300_000, 7);
    socket.send(big);
    const [echoed] = (await once(socket, 'message')) as [Buffer];
    expect(big.equals(echoed)).toBe(true);
    expect(service.seen.at(-1)).toMatchObject({
      method: 'WEBSOCKET',
      url: '/live',
      headers: { 'x-admin-center-user': 'ada@contoso.example' },
    });
    expect(service.seen.at(-1)?.headers.cookie).toBeUndefined();
    socket.close();
    await once(socket, 'close');
  });

  it('refuses a WebSocket without the cookie with 401', async () => {
    const socket = (await machine.connectAs(one)).webSocket('/live');
    const [error] = (await once(socket, 'error')) as [Error];
    expect(error.message).toContain('401');
  });

  it('cuts live WebSockets when the session is revoked, and keeps the session closed', async () => {
    const id = 'a'.repeat(15) + '4';
    const cookie = await machine.signIn(id);
    const socket = (await machine.connectAs(id)).webSocket('/live', { cookie });
    await once(socket, 'open');
    const closed = once(socket, 'close');
    await machine.door().revoke(id, nowSeconds() + 3600);
    await closed;
    await vi.waitFor(() => expect(service.webSockets()).toBe(0));
    await expect(machine.connectAs(id)).rejects.toThrow('404 session_not_found');
  });

  it('cuts live connections when the session ends', async () => {
    const id = 'a'.repeat(15) + '5';
    const { get, socket } = await machine.connectAs(id);
    const closed = once(socket, 'close');
    const ticket = await ticketFor(id, { sessionEndsAt: nowSeconds() + 1 });
    expect((await get(`/_session?ticket=${ticket}`)).status).toBe(302);
    await closed;
    expect((await (await machine.connectAs(id)).get('/')).status).toBe(401);
  });

  it('logs no ticket and no cookie', async () => {
    const cookie = await machine.signIn(one);
    const ticket = await ticketFor(two);
    await (await machine.connectAs(one)).get(`/_session?ticket=${ticket}`, { cookie: 'x=1' });
    const log = machine.lines.join('');
    expect(log).toContain('session.opened');
    expect(log).not.toContain(ticket);
    expect(log).not.toContain(cookie.split('=')[1]);
  });

  it('serves a new certificate to new connections and keeps the open ones', async () => {
    const before = await machine.connectAs(one);
    const content = await issueCertificate();
    const thumbprint = thumbprintOf(new X509Certificate(content.chainPem));
    await machine.install(content, thumbprint);
    const after = await machine.connectAs(one);
    const leafOf = ({ socket }: typeof after) =>
      thumbprintOf(new X509Certificate(socket.getPeerCertificate().raw));
    expect(leafOf(after)).toBe(thumbprint);
    expect(leafOf(before)).not.toBe(thumbprint);
    expect((await before.get('/')).status).toBe(401);
  });

  it('does not take a certificate that was announced with another thumbprint', async () => {
    const before = machine.certificates.thumbprint(machineName);
    await expect(machine.install(await issueCertificate(), 'f'.repeat(64))).rejects.toMatchObject({
      code: 'leaf_mismatch',
    });
    expect(machine.certificates.thumbprint(machineName)).toBe(before);
  });
});

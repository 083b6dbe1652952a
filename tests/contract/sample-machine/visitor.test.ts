import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { openServiceIdentity, type ServiceIdentity } from '#agent/service-identity.ts';
import { startWebApp, type WebApp } from '#local/sample-machine/web-app.ts';

const visitor = { sessionId: 'a'.repeat(16), user: 'ada@contoso.example', userId: 'object-1' };

describe('who a sample machine takes its visitor for', () => {
  let folder: string;
  let app: WebApp;
  let origin: string;
  let identity: ServiceIdentity;
  let now: number;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'visitor-'));
    now = Math.floor(Date.now() / 1000);
    identity = await openServiceIdentity(folder, () => now);
    app = await startWebApp({
      name: 'sample-1',
      port: 0,
      keysFile: join(folder, 'service-identity-keys.json'),
    });
    origin = `http://127.0.0.1:${app.port}`;
  });
  afterAll(async () => {
    await app.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const ask = async (statement: string) => {
    const headers = { 'x-admin-center-user': visitor.user, 'x-admin-center-identity': statement };
    return (await (await fetch(`${origin}/api/visitor`, { headers })).json()) as { claims?: object };
  };
  const changed = (statement: string, part: number, change: (text: string) => string) =>
    statement
      .split('.')
      .map((text, index) => (index === part ? change(text) : text))
      .join('.');
  const rewritten = (from: string, to: string) => (text: string) =>
    Buffer.from(Buffer.from(text, 'base64url').toString().replace(from, to)).toString('base64url');

  it('requirement 79: is whom the agent vouches for', async () => {
    expect((await ask(identity.statementFor(visitor, origin))).claims).toMatchObject({
      sub: visitor.user,
      oid: visitor.userId,
      sid: visitor.sessionId,
    });
  });

  it.each([
    ['another name', (good: string) => changed(good, 1, rewritten('ada@', 'bob@'))],
    ['no algorithm', (good: string) => changed(good, 0, rewritten('ES256', 'none'))],
    ['another algorithm', (good: string) => changed(good, 0, rewritten('ES256', 'HS256'))],
    ['no signature', (good: string) => changed(good, 2, () => '')],
    ['another key', (good: string) => changed(good, 0, rewritten('"kid":"', '"kid":"x'))],
    ['nothing in it', () => 'a.b.c'],
    ['another service in it', () => identity.statementFor(visitor, 'http://127.0.0.1:1')],
  ])('is not vouched for by a statement with %s', async (_, forge) => {
    expect((await ask(forge(identity.statementFor(visitor, origin)))).claims).toBeUndefined();
  });

  it('is not vouched for by a statement of yesterday', async () => {
    now -= 86_400;
    const old = identity.statementFor(visitor, origin);
    now += 86_400;
    expect((await ask(old)).claims).toBeUndefined();
  });

  it('requirement 78: is who signs in with an account of the machine', async () => {
    const forwarded = { 'x-forwarded-host': 'label.name.wac.localhost' };
    const page = await (await fetch(origin, { headers: forwarded })).text();
    expect(page).toContain('Sign in with an account of this machine');
    const body = new URLSearchParams({ user: String.raw`.\Administrator`, password: 'secret' });
    const reply = await fetch(`${origin}/sign-in`, { method: 'POST', body, redirect: 'manual' });
    expect([reply.status, reply.headers.get('location')]).toEqual([303, '/']);
    const cookie = reply.headers.get('set-cookie')?.split(';')[0] ?? '';
    const after = await (await fetch(origin, { headers: { ...forwarded, cookie } })).text();
    expect(after).toContain(String.raw`With the local account <strong>.\Administrator</strong>`);
    expect(after).not.toContain('secret');
    const empty = new URLSearchParams({ user: 'x' });
    expect((await fetch(`${origin}/sign-in`, { method: 'POST', body: empty })).status).toBe(400);
  });

  it('hears in its console what was typed', async () => {
    const socket = new WebSocket(`ws://127.0.0.1:${app.port}/api/console`, { origin });
    await once(socket, 'open');
    socket.send('Get-Service');
    expect(String((await once(socket, 'message'))[0])).toBe('Get-Service');
    socket.close();
    const echo = await fetch(`${origin}/api/echo?a=b`, { headers: { 'x-echo': 'c' } });
    expect(await echo.json()).toEqual({ query: { a: 'b' }, header: 'c' });
  });
});

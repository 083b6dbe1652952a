import { once } from 'node:events';
import { hostname, totalmem } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { startWebApp, type WebApp } from '#local/sample-machine/web-app.ts';

describe("a sample machine's web application", () => {
  let app: WebApp;
  let origin: string;
  beforeAll(async () => {
    app = await startWebApp({ name: 'sample <1>', port: 0 });
    origin = `http://127.0.0.1:${app.port}`;
  });
  afterAll(() => app.close());

  it('shows the facts in the page itself and names the user and the visit', async () => {
    const reply = await fetch(origin, {
      headers: { 'x-admin-center-user': 'ada@contoso.example', cookie: 'a=b; visits=4' },
    });
    const page = await reply.text();
    expect(page).toContain(hostname());
    expect(page).toContain('<h1>sample &lt;1&gt;</h1>');
    expect(page).toContain('<strong>ada@contoso.example</strong>');
    expect(page).toContain('Visit 5 of this browser');
    expect(reply.headers.get('set-cookie')).toMatch(/^visits=5;/);
    expect(reply.headers.get('content-security-policy')).toMatch(/^default-src 'none'; script-src 'self';/);
  });

  it('answers the facts as JSON', async () => {
    const facts = await (await fetch(`${origin}/api/facts`)).json();
    expect(facts).toMatchObject({
      machine: 'sample <1>',
      hostName: hostname(),
      memory: { totalBytes: totalmem() },
    });
    expect((facts as { processes: unknown[] }).processes.length).toBeGreaterThan(0);
  });

  it('sends what it shows over a WebSocket, to its own pages only', async () => {
    const socket = new WebSocket(`ws://127.0.0.1:${app.port}/api/live`, { origin });
    const [data] = (await once(socket, 'message')) as [Buffer];
    expect(JSON.parse(data.toString())).toMatchObject({ texts: { hostName: hostname() } });
    socket.close();
    const foreign = new WebSocket(`ws://127.0.0.1:${app.port}/api/live`, { origin: 'https://evil.example' });
    const [error] = (await once(foreign, 'error')) as [Error];
    expect(error.message).toContain('403');
  });
});

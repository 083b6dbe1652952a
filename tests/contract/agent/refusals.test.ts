import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { thumbprintOf } from '#agent/certificate-pair.ts';
import { freePort } from '#local/kit/free-port.ts';
import { openTestMachine, type TestMachine } from './door-machine.ts';
import { startTargetService } from './target-service.ts';
import { issueCertificate } from './test-authority.ts';

const session = 'b'.repeat(16);

async function installFresh(machine: TestMachine): Promise<void> {
  const content = await issueCertificate();
  await machine.install(content, thumbprintOf(new X509Certificate(content.chainPem)));
}

async function startEcho() {
  const server = createServer({ allowHalfOpen: true }, (socket) => socket.pipe(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return { port: typeof address === 'object' ? (address?.port ?? 0) : 0, close: () => server.close() };
}

describe('what the agent refuses', () => {
  const endings: (() => unknown)[] = [];
  afterEach(async () => {
    for (const end of endings.splice(0).toReversed()) await end();
  });
  async function open(options: Parameters<typeof openTestMachine>[0]): Promise<TestMachine> {
    const machine = await openTestMachine(options);
    endings.push(machine.close);
    return machine;
  }

  it('names the service and the port on a 502 page when nobody listens there', async () => {
    const machine = await open({ port: await freePort() });
    await installFresh(machine);
    const cookie = await machine.signIn(session);
    const { get } = await machine.connectAs(session);
    const reply = await get('/', { cookie });
    expect(reply.status).toBe(502);
    expect(reply.body).toContain('service_unreachable');
    expect(reply.body).toContain('<dt>Hop</dt><dd><code>service</code></dd>');
    expect(reply.body).toContain('ECONNREFUSED');
    expect(reply.body).toContain('http://localhost:');
    expect((await get('/', { cookie })).status).toBe(502);
    const socket = (await machine.connectAs(session)).webSocket('/live', { cookie });
    const [error] = (await once(socket, 'error')) as [Error];
    expect(error.message).toContain('502');
    expect(machine.unreachable()).toBe(3);
  });

  it('takes no web stream before it has a certificate', async () => {
    const machine = await open({ port: await freePort() });
    await expect(machine.connectAs(session)).rejects.toThrow('409 certificate_missing');
  });

  it('requirement 75: takes no stream for a service that is not configured, nor with a strange session id', async () => {
    const machine = await open({ port: await freePort() });
    await expect(machine.openStream({ service: 'SSH', sessionId: session })).rejects.toThrow(
      '409 service_not_configured',
    );
    await expect(machine.openStream({ service: 'WAC', sessionId: '../x' })).rejects.toThrow(
      '400 invalid_request',
    );
  });

  it("requirements 38-40: lets the machine's own policy win, and cuts what lives when it changes", async () => {
    const service = await startTargetService();
    endings.push(service.close);
    const echo = await startEcho();
    endings.push(echo.close);
    const machine = await open({
      port: service.port,
      services: [
        { name: 'WAC', port: service.port },
        { name: 'SSH', port: echo.port },
      ],
    });
    await installFresh(machine);
    const write = (ports: string, enabled = true) =>
      writeFile(
        join(machine.dataDirectory, 'local-policy.json'),
        JSON.stringify({ 'incomingconnections.enabled': enabled, 'incomingconnections.ports': ports }),
      );
    expect(machine.door().blockedServices()).toEqual(['SSH']);
    await expect(machine.openStream({ service: 'SSH', sessionId: session })).rejects.toThrow(
      '403 port_not_allowed',
    );

    await write(`${service.port}, ${echo.port}`);
    await vi.waitFor(() => expect(machine.door().blockedServices()).toEqual([]), { timeout: 10_000 });
    const raw = await machine.openStream({ service: 'SSH', sessionId: session });
    raw.write('SSH-2.0-test\r\n');
    expect(String((await once(raw, 'data'))[0])).toBe('SSH-2.0-test\r\n');
    const web = await machine.connectAs(session);
    const cut = Promise.all([once(raw, 'close'), once(web.socket, 'close')]);
    raw.on('error', () => undefined);

    await write(`${service.port}`, false);
    await cut;
    expect(machine.door().blockedServices()).toEqual(['WAC', 'SSH']);
    await expect(machine.connectAs(session)).rejects.toThrow('403 remote_access_disabled');
  });

  it('passes half-close through to a raw service', async () => {
    const echo = await startEcho();
    endings.push(echo.close);
    const machine = await open({ port: echo.port, services: [{ name: 'SSH', port: echo.port }] });
    const raw = await machine.openStream({ service: 'SSH', sessionId: session });
    raw.end('the last words');
    const chunks: Buffer[] = [];
    for await (const chunk of raw) chunks.push(chunk as Buffer);
    expect(Buffer.concat(chunks).toString()).toBe('the last words');
  });
});

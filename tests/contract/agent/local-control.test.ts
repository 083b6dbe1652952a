import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { ArcReading } from '#agent/arc-watch.ts';
import { thumbprintOf } from '#agent/certificate-pair.ts';
import { createCapturedHost } from '../../support/captured-host.ts';
import { type AgentWorld, startAgentWorld, session as worldSession } from './agent-world.ts';
import { closed } from './door-connection.ts';
import { hostOf, openTestMachine, type TestMachine } from './door-machine.ts';
import { startTargetService } from './target-service.ts';
import { issueCertificate } from './test-authority.ts';

const patience = { timeout: 15_000 };

describe('a machine with an Arc agent', () => {
  let service: Awaited<ReturnType<typeof startTargetService>>;
  let echo: { port: number; close(): void };
  let machine: TestMachine;
  let arc: ArcReading;

  beforeAll(async () => {
    service = await startTargetService();
    const server = createServer((socket) => socket.pipe(socket));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    echo = { port: typeof address === 'object' ? (address?.port ?? 0) : 0, close: () => server.close() };
    arc = { known: { enabled: true, ports: [service.port] } };
    machine = await openTestMachine({
      port: service.port,
      services: [
        { name: 'WAC', port: service.port },
        { name: 'SSH', port: echo.port },
      ],
      readArc: async () => arc,
    });
    await writeFile(
      join(machine.dataDirectory, 'local-policy.json'),
      JSON.stringify({ 'incomingconnections.ports': `${service.port},${echo.port}` }),
    );
    await mkdir(join(machine.dataDirectory, 'arc'));
    const content = await issueCertificate();
    await machine.install(content, thumbprintOf(new X509Certificate(content.chainPem)));
  });
  afterAll(async () => {
    await machine.close();
    await service.close();
    echo.close();
  });

  /** As `azcmagent config set` does it. */
  async function set(enabled: boolean, ...ports: number[]): Promise<void> {
    arc = { known: { enabled, ports } };
    await noteChange();
  }
  const noteChange = () =>
    writeFile(join(machine.dataDirectory, 'arc', 'localconfig.json'), String(Math.random()));
  const blocked = (...names: string[]) =>
    vi.waitFor(() => expect(machine.door().blockedServices()).toEqual(names), patience);
  const openSsh = (sessionId: string) => machine.openStream({ service: 'SSH', sessionId });

  it('requirements 40-42: reaches each port on both lists, and one that was added beside the others', async () => {
    await blocked('SSH');
    await expect(openSsh('c'.repeat(16))).rejects.toThrow('403 port_not_allowed');
    (await machine.connectAs('c'.repeat(16))).socket.destroy();
    await set(true, service.port, echo.port);
    await blocked();
    const stream = await openSsh('c'.repeat(16));
    stream.write('hello');
    expect(String((await once(stream, 'data'))[0])).toBe('hello');
    stream.destroy();
    (await machine.connectAs('c'.repeat(16))).socket.destroy();
  });

  it('requirements 38 and 39: with its switch off live sessions of all services are cut and over, and nobody gets in', async () => {
    const web = 'd'.repeat(16);
    const cookie = await machine.signIn(web);
    const live = (await machine.connectAs(web)).webSocket('/live', { cookie });
    await once(live, 'open');
    const ssh = await openSsh('e'.repeat(16));
    ssh.on('error', () => undefined);
    ssh.write('hello');
    await once(ssh, 'data');
    const cut = Promise.all([once(live, 'close'), once(ssh, 'close')]);
    live.on('error', () => undefined);

    await set(false, service.port, echo.port);
    await cut;
    expect(machine.door().policy().enabled).toBe(false);
    await expect(machine.connectAs(web)).rejects.toThrow('403 remote_access_disabled');
    await expect(machine.connectAs('f'.repeat(16))).rejects.toThrow('403 remote_access_disabled');
    await expect(openSsh('f'.repeat(16))).rejects.toThrow('403 remote_access_disabled');
    const endings = () => machine.counts.filter(({ ended }) => ended);
    await vi.waitFor(() => expect(endings().map(({ sessionId }) => sessionId)).toContain(web), patience);
    await vi.waitFor(
      () => expect(endings().map(({ sessionId }) => sessionId)).toContain('e'.repeat(16)),
      patience,
    );
    expect(endings().map(({ ended }) => ended?.reason)).not.toContain('revoked');
    expect(endings().filter(({ sessionId }) => sessionId === web)).toHaveLength(1);

    await set(true, service.port, echo.port);
    await blocked();
    await expect(machine.connectAs(web)).rejects.toThrow('404 session_not_found');
    (await machine.connectAs('f'.repeat(16))).socket.destroy();
  });

  it('requirement 39: lets nobody in while the configuration cannot be read', async () => {
    const { socket } = await machine.connectAs('f'.repeat(16));
    const isCut = closed(socket);
    arc = { unknown: 'azcmagent ended with code 1' };
    await noteChange();
    await isCut;
    await expect(machine.connectAs('f'.repeat(16))).rejects.toThrow('403 remote_access_disabled');
    expect(machine.lines.join('')).toContain('azcmagent ended with code 1');
    await set(true, service.port, echo.port);
    await blocked();
  });

  it('requirement 39: a list that lacks the port wins over the own one', async () => {
    await set(true, echo.port);
    await blocked('WAC');
    await expect(machine.connectAs('f'.repeat(16))).rejects.toThrow('403 port_not_allowed');
    expect(machine.door().policy()).toEqual({ enabled: true, ports: [echo.port] });
  });
});

describe('the cloud and a machine whose switch is off', () => {
  let world: AgentWorld;
  beforeAll(async () => {
    world = await startAgentWorld();
    world.startAgent({ host: createCapturedHost({ arc: 'azcmagent-disabled' }) });
    await world.waitForReport({ kind: 'serving' });
  });
  afterAll(() => world.close());

  it('requirement 39: is told of it with the first report', () => {
    expect(world.reports[0]).toMatchObject({
      policy: { enabled: false, ports: [6516] },
      blockedServices: ['WAC'],
    });
  });

  it('requirement 39: cannot switch it on by anything that it can say', async () => {
    const tunnel = world.running[0]?.tunnel;
    if (!tunnel) throw new Error('there is no tunnel');
    const isClosed = () =>
      expect(tunnel.leafAt(hostOf(worldSession))).rejects.toThrow('403 remote_access_disabled');
    await isClosed();
    const applied = () => world.lines.filter((line) => line.includes('"agent.state_applied"')).length;
    const states: object[] = [
      {
        services: [
          { name: 'WAC', port: 6516 },
          { name: 'SSH', port: 22 },
        ],
      },
      { services: [{ name: 'WAC', port: 443 }] },
      { services: [] },
      { services: [{ name: 'WAC', port: 6516 }] },
      { replaceManual: true },
      { signIn: 'local' },
      { direct: { address: '127.0.0.1', port: 6516 } },
      { retiredNames: [{ machineName: 'a'.repeat(26), until: '2099-01-01T00:00:00.000Z' }] },
      { policy: { enabled: true, ports: [6516] }, blockedServices: [] },
      { 'incomingconnections.enabled': true, localPolicy: { enabled: true, ports: [6516] } },
    ];
    for (const state of states) {
      const before = applied();
      await world.changeState(state);
      await vi.waitFor(() => expect(applied()).toBeGreaterThan(before), patience);
      const isConfigured = !('services' in state) || JSON.stringify(state).includes('WAC');
      if (isConfigured) await isClosed();
    }
    const events: [string, object][] = [
      ['admin-center.session.revoked', { sessionId: worldSession, expiresAt: 1 }],
      ['admin-center.certificate.changed', { thumbprint: world.certificate().thumbprint }],
      ['admin-center.policy.changed', { enabled: true, ports: [6516] }],
      ['admin-center.state.changed', { 'incomingconnections.enabled': true }],
    ];
    for (const [type, data] of events) await world.sendEvent(type, data);
    await vi.waitFor(async () => expect(world.lines.join('')).toContain('unknown type'), patience);
    await isClosed();
    expect(world.reports.every(({ policy }) => policy?.enabled === false)).toBe(true);
  });
});

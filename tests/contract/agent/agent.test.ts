import type { Dirent } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type AgentWorld, enrolmentToken, eventQueue, session, startAgentWorld } from './agent-world.ts';
import { hostOf } from './door-machine.ts';
import { machineName } from './test-authority.ts';

describe('an agent from its first start', () => {
  let world: AgentWorld;
  beforeAll(async () => {
    world = await startAgentWorld();
  });
  afterAll(() => world.close());

  it('requirements 2 and 65: enrols through failures, reports that it started, and serves the certificate that was sealed to it', async () => {
    world.controlPlane().failures.push({ status: 503, headers: { 'retry-after': '0' } }, { status: 429 });
    const { tunnel } = world.startAgent();
    await world.waitForReport({ kind: 'started' });
    await world.waitForReport({
      kind: 'serving',
      servingThumbprint: world.certificate().thumbprint,
      relayConnected: true,
    });
    expect(await tunnel.leafAt(hostOf(session))).toBe(world.certificate().thumbprint);
    expect(world.controlPlane().calls.filter((call) => call.endsWith('/enrolment'))).toHaveLength(1);
  });

  it('keeps every file to itself', async () => {
    const entries = await readdir(world.dataDirectory, { recursive: true, withFileTypes: true });
    const pathOf = ({ parentPath, name }: Dirent) => relative(world.dataDirectory, join(parentPath, name));
    expect(entries.map(pathOf)).toEqual(
      expect.arrayContaining(['identity.json', `certificates/${machineName}.pem`, 'enrolment.json']),
    );
    // Others may pass through to the keys that services check statements with, and list nothing.
    expect((await stat(world.dataDirectory)).mode & 0o777).toBe(0o711);
    for (const entry of entries) {
      const { mode } = await stat(join(entry.parentPath, entry.name));
      const own = entry.name === 'service-identity-keys.json' ? 0o644 : 0o600;
      expect(mode & 0o777).toBe(entry.isDirectory() ? 0o700 : own);
    }
  });

  it('takes a new certificate when an event says so, without a restart', async () => {
    await world.renewCertificate();
    await world.sendEvent('admin-center.certificate.changed', { thumbprint: world.certificate().thumbprint });
    await world.waitForReport({ kind: 'serving', servingThumbprint: world.certificate().thumbprint });
    expect(await world.running[0]?.tunnel.leafAt(hostOf(session))).toBe(world.certificate().thumbprint);
  });

  it('completes events that it does not know and dead-letters malformed ones', async () => {
    await world.sendEvent('admin-center.of-tomorrow', { any: 'thing' });
    await world
      .bus()
      .connect()
      .createSender(eventQueue)
      .sendMessages({ body: { hello: 'world' } });
    const dead = world.bus().connect().createReceiver(eventQueue, { subQueueType: 'deadLetter' });
    const [message] = await dead.receiveMessages(1, { maxWaitTimeInMs: 10_000 });
    expect(message).toMatchObject({ body: { hello: 'world' }, deadLetterReason: 'malformed' });
    await vi.waitFor(async () => {
      const left = await world.bus().admin.getQueueRuntimeProperties(eventQueue);
      expect(left.activeMessageCount).toBe(0);
    });
  });

  it('lets nobody into a session that was revoked', async () => {
    await world.sendEvent('admin-center.session.revoked', {
      sessionId: session,
      expiresAt: Math.floor(Date.now() / 1000) + 600,
    });
    await vi.waitFor(
      () => expect(world.running[0]?.tunnel.leafAt(hostOf(session))).rejects.toThrow('404 session_not_found'),
      { timeout: 10_000 },
    );
  });

  it('says so when the relay is lost', async () => {
    const from = world.reports.length;
    world.running[0]?.tunnel.setConnected(false);
    await world.waitForReport({ kind: 'heartbeat', relayConnected: false }, from);
    world.running[0]?.tunnel.setConnected(true);
    await world.waitForReport({ kind: 'heartbeat', relayConnected: true }, from);
    expect(world.reports.at(-1)?.blockedServices).toEqual([]);
  });

  it('says goodbye, and starts again without a new enrolment and with growing report numbers', async () => {
    const [first] = world.running;
    first?.stop.abort();
    await first?.ended;
    await world.waitForReport({ kind: 'stopping', relayConnected: false });
    const from = world.reports.length;
    world.startAgent();
    await world.waitForReport({ kind: 'serving', servingThumbprint: world.certificate().thumbprint }, from);
    expect(world.controlPlane().calls.filter((call) => call.endsWith('/enrolment'))).toHaveLength(1);
    expect(world.controlPlane().calls.filter((call) => call.endsWith('/certificate'))).toHaveLength(2);
    const sequences = world.reports.map((report) => report.sequence);
    expect(sequences).toEqual(sequences.toSorted((a, b) => a - b));
  });

  it('enrols again with the same keys when the control plane has forgotten it', async () => {
    const before = world.controlPlane().enrolled();
    world.controlPlane().forget();
    await world.sendEvent('admin-center.state.changed', {});
    await vi.waitFor(() => expect(world.controlPlane().enrolled()).toEqual(before), { timeout: 10_000 });
  });

  it('logs no secret', () => {
    const log = world.lines.join('');
    expect(log).toContain('agent.certificate_served');
    for (const secret of [enrolmentToken, 'SharedAccessSignature', 'PRIVATE KEY', 'Bearer'])
      expect(log).not.toContain(secret);
  });
});

import { X509Certificate } from 'node:crypto';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { duplexPair } from 'node:stream';
import { connect } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { runAgent } from '#agent/agent.ts';
import { thumbprintOf } from '#agent/certificate-store.ts';
import { parseSettings } from '#agent/settings.ts';
import { machineIdOf } from '#shared/domain/machine-name.ts';
import type { Incoming, TunnelListener } from '#shared/ports/tunnel.ts';
import type { AgentReport, AgentState } from '#shared/protocol/agent-messages.ts';
import { verifyReport } from '#shared/protocol/report.ts';
import { agentQueueName, queueNames } from '#shared/protocol/resource-names.ts';
import { createLogger } from '#shared/runtime/logger.ts';
import { host as busHost, rootKey, type Started, sign, startServiceBus } from '../service-bus/start.ts';
import { hostOf, issueCertificate, machineName, zone } from './door-machine.ts';
import { startFakeControlPlane } from './fake-control-plane.ts';

const resourceId =
  '/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/rg-local/providers/Microsoft.HybridCompute/machines/test-1';
const machineId = machineIdOf(resourceId);
const enrolmentToken = 'a token that is long enough';
const session = 'c'.repeat(16);

async function newCertificate() {
  const content = await issueCertificate();
  return { ...content, thumbprint: thumbprintOf(new X509Certificate(content.chainPem)) };
}

/** A tunnel whose streams the test opens. */
function createFakeTunnel() {
  let onStream: (incoming: Incoming) => void = () => undefined;
  let onState: (connected: boolean) => void = () => undefined;
  const listener: TunnelListener = {
    onStream: (handler) => {
      onStream = handler;
    },
    onState: (handler) => {
      onState = handler;
    },
    start: () => onState(true),
    close: async () => undefined,
  };
  const leafAt = (serverName: string) =>
    new Promise<string>((resolve, reject) => {
      const [ours, theirs] = duplexPair();
      onStream({
        purpose: { service: 'WAC', sessionId: session },
        accept: async () => ours,
        reject: async (status, reason) => reject(new Error(`${status} ${reason}`)),
      });
      const client = connect({ socket: theirs, servername: serverName, rejectUnauthorized: false });
      client.once('error', reject);
      client.once('secureConnect', () => {
        resolve(thumbprintOf(new X509Certificate(client.getPeerCertificate().raw)));
        client.destroy();
      });
    });
  return { listener, leafAt, setConnected: (connected: boolean) => onState(connected) };
}

describe('an agent from its first start', () => {
  let bus: Started;
  let dataDirectory: string;
  let controlPlane: Awaited<ReturnType<typeof startFakeControlPlane>>;
  let certificate: Awaited<ReturnType<typeof newCertificate>>;
  const reports: AgentReport[] = [];
  const lines: string[] = [];
  const running: {
    stop: AbortController;
    ended: Promise<void>;
    tunnel: ReturnType<typeof createFakeTunnel>;
  }[] = [];
  const listening = new AbortController();

  const state = (): AgentState => ({
    machineId,
    machineName,
    zone,
    services: [{ name: 'WAC', port: 6516 }],
    certificate: { thumbprint: certificate.thumbprint, version: '1', notAfter: '2030-01-01T00:00:00.000Z' },
    ticketKeys: [],
    relay: { host: 'local.relay.localhost', path: machineName },
    messages: {
      host: busHost,
      endpoint: `https://${bus.authority}`,
      eventQueue: agentQueueName(machineId),
      reportQueue: queueNames.agentReports,
    },
  });

  const tokens = () => {
    const expiresAtMs = Date.now() + 3_600_000;
    const tokenFor = (entity: string) =>
      sign({ resource: `sb://${busHost}/${entity}`, keyName: rootKey.name, key: rootKey.key, expiresAtMs });
    return {
      events: tokenFor(agentQueueName(machineId)),
      reports: tokenFor(queueNames.agentReports),
      relay: 'SharedAccessSignature sr=relay',
      expiresAt: new Date(expiresAtMs).toISOString(),
    };
  };

  function startAgent() {
    const stop = new AbortController();
    const tunnel = createFakeTunnel();
    const settings = parseSettings(
      JSON.stringify({
        controlPlane: controlPlane.origin,
        resourceId,
        port: '6516',
        salt: 'salt',
        token: enrolmentToken,
        dataDirectory,
      }),
    );
    const logger = createLogger({ write: (line) => void lines.push(line), level: 'debug', now: Date.now });
    const ended = runAgent({ settings, logger, signal: stop.signal, openTunnel: () => tunnel.listener });
    running.push({ stop, ended, tunnel });
    return { stop, ended, tunnel };
  }

  /** Verifies what comes on the report queue, in order, as the trigger does. */
  async function readReports(): Promise<void> {
    const receiver = await bus.connect().acceptSession(queueNames.agentReports, machineId);
    receiver.subscribe({
      async processMessage({ body }) {
        const key = controlPlane.enrolled()?.signingKey;
        if (!key) throw new Error('a report came before the enrolment');
        reports.push(await verifyReport(key, machineId, body.jws, reports.at(-1)?.sequence ?? 0));
      },
      processError: async () => undefined,
    });
  }

  const waitForReport = (wanted: Partial<AgentReport>, from = 0) =>
    vi.waitFor(() => expect(reports.slice(from)).toContainEqual(expect.objectContaining(wanted)), {
      timeout: 15_000,
    });

  beforeAll(async () => {
    dataDirectory = await mkdtemp(join(tmpdir(), 'agent-'));
    certificate = await newCertificate();
    bus = await startServiceBus();
    await bus.admin.createQueue(agentQueueName(machineId));
    await bus.admin.createQueue(queueNames.agentReports, { requiresSession: true });
    controlPlane = await startFakeControlPlane({
      token: enrolmentToken,
      state,
      tokens,
      certificate: () => certificate,
    });
    await readReports();
  });
  afterAll(async () => {
    listening.abort();
    for (const { stop } of running) stop.abort();
    await Promise.allSettled(running.map(({ ended }) => ended));
    await controlPlane.close();
    await bus.close();
    await rm(dataDirectory, { recursive: true, force: true });
  });

  it('enrols through failures, reports that it started, and serves the certificate that was sealed to it', async () => {
    controlPlane.failures.push({ status: 503, headers: { 'retry-after': '0' } }, { status: 429 });
    const { tunnel } = startAgent();
    await waitForReport({ kind: 'started' });
    await waitForReport({ kind: 'serving', servingThumbprint: certificate.thumbprint, relayConnected: true });
    expect(await tunnel.leafAt(hostOf(session))).toBe(certificate.thumbprint);
    expect(controlPlane.calls.filter((call) => call.endsWith('/enrolment'))).toHaveLength(1);
  });

  it('keeps every file to itself', async () => {
    expect((await stat(dataDirectory)).mode & 0o777).toBe(0o700);
    const files = await readdir(dataDirectory);
    expect(files).toEqual(expect.arrayContaining(['identity.json', 'certificate.pem', 'enrolment.json']));
    for (const file of files) expect((await stat(join(dataDirectory, file))).mode & 0o777).toBe(0o600);
  });

  it('takes a new certificate when an event says so, without a restart', async () => {
    certificate = await newCertificate();
    await sendEvent('admin-center.certificate.changed', { thumbprint: certificate.thumbprint });
    await waitForReport({ kind: 'serving', servingThumbprint: certificate.thumbprint });
    expect(await running[0]?.tunnel.leafAt(hostOf(session))).toBe(certificate.thumbprint);
  });

  it('completes events that it does not know and dead-letters malformed ones', async () => {
    const queue = agentQueueName(machineId);
    await sendEvent('admin-center.of-tomorrow', { any: 'thing' });
    await bus
      .connect()
      .createSender(queue)
      .sendMessages({ body: { hello: 'world' } });
    const dead = bus.connect().createReceiver(queue, { subQueueType: 'deadLetter' });
    const [message] = await dead.receiveMessages(1, { maxWaitTimeInMs: 10_000 });
    expect(message).toMatchObject({ body: { hello: 'world' }, deadLetterReason: 'malformed' });
    await vi.waitFor(async () => {
      const left = await bus.admin.getQueueRuntimeProperties(queue);
      expect(left.activeMessageCount).toBe(0);
    });
  });

  it('lets nobody into a session that was revoked', async () => {
    await sendEvent('admin-center.session.revoked', {
      sessionId: session,
      expiresAt: Math.floor(Date.now() / 1000) + 600,
    });
    await vi.waitFor(
      () => expect(running[0]?.tunnel.leafAt(hostOf(session))).rejects.toThrow('404 session_not_found'),
      { timeout: 10_000 },
    );
  });

  it('says so when the relay is lost', async () => {
    const from = reports.length;
    running[0]?.tunnel.setConnected(false);
    await waitForReport({ kind: 'heartbeat', relayConnected: false }, from);
    running[0]?.tunnel.setConnected(true);
    await waitForReport({ kind: 'heartbeat', relayConnected: true }, from);
    expect(reports.at(-1)?.blockedServices).toEqual([]);
  });

  it('says goodbye, and starts again without a new enrolment and with growing report numbers', async () => {
    const [first] = running;
    first?.stop.abort();
    await first?.ended;
    await waitForReport({ kind: 'stopping', relayConnected: false });
    const from = reports.length;
    startAgent();
    await waitForReport({ kind: 'serving', servingThumbprint: certificate.thumbprint }, from);
    expect(controlPlane.calls.filter((call) => call.endsWith('/enrolment'))).toHaveLength(1);
    expect(controlPlane.calls.filter((call) => call.endsWith('/certificate'))).toHaveLength(2);
    const sequences = reports.map((report) => report.sequence);
    expect(sequences).toEqual(sequences.toSorted((a, b) => a - b));
  });

  it('enrols again with the same keys when the control plane has forgotten it', async () => {
    const before = controlPlane.enrolled();
    controlPlane.forget();
    await sendEvent('admin-center.state.changed', {});
    await vi.waitFor(() => expect(controlPlane.enrolled()).toEqual(before), { timeout: 10_000 });
  });

  it('logs no secret', () => {
    const log = lines.join('');
    expect(log).toContain('agent.certificate_served');
    for (const secret of [enrolmentToken, 'SharedAccessSignature', 'PRIVATE KEY', 'Bearer'])
      expect(log).not.toContain(secret);
  });

  let events = 0;
  async function sendEvent(type: string, data: object): Promise<void> {
    const body = {
      specversion: '1.0',
      id: `event-${(events += 1)}`,
      source: '/control-plane',
      time: new Date().toISOString(),
      type,
      data,
    };
    await bus.connect().createSender(agentQueueName(machineId)).sendMessages({ body });
  }
});

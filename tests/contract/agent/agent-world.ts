import { X509Certificate } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { duplexPair } from 'node:stream';
import { connect } from 'node:tls';
import { expect, vi } from 'vitest';
import { type AgentContext, runAgent } from '#agent/agent.ts';
import { thumbprintOf } from '#agent/certificate-pair.ts';
import { nothingToControl } from '#agent/host-control.ts';
import { parseSettings } from '#agent/settings.ts';
import { openStore } from '#local/kit/store.ts';
import { machineIdOf } from '#shared/domain/machine-name.ts';
import type { Incoming, TunnelListener } from '#shared/ports/tunnel.ts';
import type { AgentReport, AgentState, CertificateRequestBody } from '#shared/protocol/agent-messages.ts';
import { verifyReport } from '#shared/protocol/report.ts';
import { agentQueueName, queueNames } from '#shared/protocol/resource-names.ts';
import { createLogger } from '#shared/runtime/logger.ts';
import { createCapturedHost } from '../../support/captured-host.ts';
import { host as busHost, rootKey, sign, startServiceBus } from '../service-bus/start.ts';
import { type FakeControlPlaneOptions, startFakeControlPlane } from './fake-control-plane.ts';
import { issueCertificate, machineName, zone } from './test-authority.ts';

export const resourceId =
  '/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/rg-local/providers/Microsoft.HybridCompute/machines/test-1';
const machineId = machineIdOf(resourceId);
export const eventQueue = agentQueueName(machineId);
export const enrolmentToken = 'a token that is long enough';
export const session = 'c'.repeat(16);

interface WorldCertificate {
  thumbprint: string;
  chainPem: string;
  /** Absent where the machine holds it. */
  privateKeyPem?: string;
}

const withThumbprint = <T extends { chainPem: string }>(content: T) => ({
  ...content,
  thumbprint: thumbprintOf(new X509Certificate(content.chainPem)),
});
const newCertificate = async (name?: string): Promise<WorldCertificate> =>
  withThumbprint(await issueCertificate(name));

/** A tunnel whose streams the test opens. */
function createFakeTunnel() {
  let onStream: (incoming: Incoming) => void = () => undefined;
  let onState: (connected: boolean) => void = () => undefined;
  let isClosed = false;
  const listener: TunnelListener = {
    onStream: (handler) => {
      onStream = handler;
    },
    onState: (handler) => {
      onState = handler;
    },
    start: () => onState(true),
    close: async () => {
      isClosed = true;
    },
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
  return {
    listener,
    leafAt,
    setConnected: (connected: boolean) => onState(connected),
    isClosed: () => isClosed,
  };
}

type FakeTunnel = ReturnType<typeof createFakeTunnel>;

/** An agent with a control plane, a bus and a tunnel around it, each of which can go and come back. */
export async function startAgentWorld({ isIdentityOf }: Pick<FakeControlPlaneOptions, 'isIdentityOf'> = {}) {
  const dataDirectory = await mkdtemp(join(tmpdir(), 'agent-'));
  const store = openStore(':memory:');
  let certificate: WorldCertificate = await newCertificate();
  let bus = await startServiceBus({ store });
  await bus.admin.createQueue(eventQueue);
  await bus.admin.createQueue(queueNames.agentReports, { requiresSession: true });
  const reports: AgentReport[] = [];
  const lines: string[] = [];
  const running: {
    stop: AbortController;
    ended: Promise<void>;
    /** Of the machine's first name. */
    tunnel: FakeTunnel;
    /** By relay path, each with the token that it was given. */
    tunnels: Map<string, { tunnel: FakeTunnel; token: string }>;
  }[] = [];
  const requests: CertificateRequestBody[] = [];
  let change: Partial<AgentState> = {};
  let events = 0;

  const state = (): AgentState => ({
    machineId,
    machineName,
    zone,
    services: [{ name: 'WAC', port: 6516 }],
    certificate: {
      thumbprint: certificate.thumbprint,
      version: '1',
      notAfter: '2030-01-01T00:00:00.000Z',
      custody: certificate.privateKeyPem === undefined ? 'machine' : 'vault',
    },
    retiredNames: [],
    ticketKeys: [],
    relay: { host: 'local.relay.localhost', path: machineName },
    messages: {
      host: busHost,
      endpoint: `https://${bus.authority}`,
      eventQueue,
      reportQueue: queueNames.agentReports,
    },
    ...change,
  });

  const tokens = () => {
    const expiresAtMs = Date.now() + 3_600_000;
    const tokenFor = (entity: string) =>
      sign({ resource: `sb://${busHost}/${entity}`, keyName: rootKey.name, key: rootKey.key, expiresAtMs });
    return {
      events: tokenFor(eventQueue),
      reports: tokenFor(queueNames.agentReports),
      relay: 'SharedAccessSignature sr=relay',
      relays: Object.fromEntries(
        state().retiredNames.map(({ machineName: name }) => [name, `SharedAccessSignature sr=${name}`]),
      ),
      expiresAt: new Date(expiresAtMs).toISOString(),
    };
  };

  const options = {
    token: enrolmentToken,
    ...(isIdentityOf && { isIdentityOf }),
    state,
    tokens,
    certificate: () => certificate,
    async onRequest(body: CertificateRequestBody) {
      requests.push(body);
    },
  };
  let controlPlane = await startFakeControlPlane(options);

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
  await readReports();

  return {
    dataDirectory,
    reports,
    lines,
    running,
    bus: () => bus,
    controlPlane: () => controlPlane,
    certificate: () => certificate,
    requests,
    async renewCertificate(name?: string) {
      certificate = await newCertificate(name);
    },
    /** Puts a chain on record whose key the machine holds; answers its thumbprint. */
    deliverChain(chainPem: string): string {
      certificate = withThumbprint({ chainPem });
      return certificate.thumbprint;
    },
    /** Changes desired state and says so. */
    async changeState(next: Partial<AgentState>): Promise<void> {
      change = { ...change, ...next };
      await this.sendEvent('admin-center.state.changed', {});
    },
    startAgent({
      host = createCapturedHost(),
      control = nothingToControl,
      runHook,
      settings: changes = {},
      readMachineToken = async () => {
        throw new Error('this machine has no identity');
      },
    }: Partial<Pick<AgentContext, 'host' | 'control' | 'runHook' | 'readMachineToken'>> & {
      settings?: object;
    } = {}) {
      const stop = new AbortController();
      const tunnel = createFakeTunnel();
      const tunnels = new Map([[machineName, { tunnel, token: '' }]]);
      const { origin: controlPlaneOrigin } = controlPlane;
      const settings = parseSettings(
        JSON.stringify({
          controlPlane: controlPlaneOrigin,
          resourceId,
          port: '6516',
          salt: 'salt',
          token: enrolmentToken,
          dataDirectory,
          ...changes,
        }),
      );
      const logger = createLogger({ write: (line) => void lines.push(line), level: 'debug', now: Date.now });
      const openTunnel: AgentContext['openTunnel'] = ({ path }, token) => {
        const entry =
          path === machineName ? { tunnel, token: '' } : { tunnel: createFakeTunnel(), token: '' };
        tunnels.set(path, entry);
        token().then(
          (text) => (entry.token = text),
          () => undefined,
        );
        return entry.tunnel.listener;
      };
      const ended = runAgent({
        settings,
        logger,
        signal: stop.signal,
        host,
        control,
        runHook,
        openTunnel,
        readMachineToken,
      });
      const started = { stop, ended, tunnel, tunnels };
      running.push(started);
      return started;
    },
    waitForReport: (wanted: Partial<AgentReport>, from = 0) =>
      vi.waitFor(() => expect(reports.slice(from)).toContainEqual(expect.objectContaining(wanted)), {
        timeout: 20_000,
      }),
    async sendEvent(type: string, data: object, at = new Date()): Promise<void> {
      const id = `event-${(events += 1)}`;
      const body = { specversion: '1.0', id, source: '/cp', time: at.toISOString(), type, data };
      await bus.connect().createSender(eventQueue).sendMessages({ body });
    },
    async stopBus() {
      await bus.close();
    },
    async startBus() {
      bus = await startServiceBus({ store, port: bus.bus.port });
      await readReports();
    },
    async restartControlPlane(whileAway: () => Promise<unknown>) {
      const { origin, enrolled } = controlPlane;
      await controlPlane.close();
      await whileAway();
      controlPlane = await startFakeControlPlane(
        { ...options, enrolled: enrolled() },
        Number(new URL(origin).port),
      );
    },
    async close() {
      for (const { stop } of running) stop.abort();
      await Promise.allSettled(running.map(({ ended }) => ended));
      await controlPlane.close();
      await bus.close();
      await rm(dataDirectory, { recursive: true, force: true });
    },
  };
}

export type AgentWorld = Awaited<ReturnType<typeof startAgentWorld>>;

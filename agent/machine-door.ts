import type { ServiceName } from '#shared/domain/machine.ts';
import type { Incoming, StreamPurpose } from '#shared/ports/tunnel.ts';
import type { AgentReport, AgentState, SessionCount } from '#shared/protocol/agent-messages.ts';
import type { Logger } from '#shared/runtime/logger.ts';
import type { ArcReading } from './arc-watch.ts';
import type { CertificateStore } from './certificate-store.ts';
import type { AgentClock } from './clock.ts';
import { createDoorRequests } from './door-requests.ts';
import { openDoorSessions } from './door-sessions.ts';
import { createForwarder } from './forwarder.ts';
import { namesOf } from './host-names.ts';
import type { RunHook } from './identity-hook.ts';
import { createIncomingStreams } from './incoming-streams.ts';
import { blockedBy, nothingAllowed, policyRefusal, summaryOf, watchMachinePolicy } from './machine-policy.ts';
import { createRefusalLog } from './refusal-log.ts';
import { openSessionCountFile } from './session-count-file.ts';
import { createSessionLives } from './session-lives.ts';
import { createSessionMeter, type SessionEnd } from './session-meter.ts';
import { type AgentSettings, installedPortsOf, localPortOf } from './settings.ts';
import { createTlsDoor } from './tls-door.ts';
import { openVirtualAccounts } from './virtual-accounts.ts';
import { openVisitors } from './visitors.ts';

/** In direct mode strangers get as far as a handshake. */
const refusalsPerMinute = 120;

export interface MachineDoorOptions {
  settings: Pick<AgentSettings, 'dataDirectory' | 'port' | 'targetPort' | 'targetScheme' | 'resourceId'>;
  clock: AgentClock;
  certificates: Pick<CertificateStore, 'contextFor' | 'isEmpty'>;
  logger: Logger;
  /** What the Arc agent of this machine lets in, and where it keeps that. */
  readArc(): Promise<ArcReading>;
  arcFolder: string;
  /** Makes and removes accounts; undefined where none is configured. */
  runHook: RunHook | undefined;
  /** What the machine allows has changed. */
  onPolicyChange(): void;
  /** Sessions carried something, or ended. */
  onSessionNews(): void;
  /** An account could not be made or removed, one sentence. */
  onAccountFailure(detail: string): void;
  /** Whether a service is of somebody who has not agreed to lose it (54). */
  isWithheld(service: string): boolean;
  /** A session's service did not answer on its local port. */
  onUnreachable(): void;
  sampleMs?: number;
}

/** Everything between the tunnel and the services of this machine. */
export interface MachineDoor {
  take(incoming: Incoming): void;
  /** Names, services and ticket keys; sessions of services that are gone end. */
  configure(state: AgentState): void;
  revoke(sessionId: string, expiresAt: number): Promise<void>;
  /** Whether the machine's own policy allows the port. */
  allows(port: number): boolean;
  /** Lets nobody in, and cuts who is in, until it is configured again. */
  shut(): void;
  /** The same for good: all sessions end. Resolves when what was made for them is gone, or the signal aborts. */
  end(signal: AbortSignal): Promise<void>;
  /** Configured services that the machine's own policy refuses. */
  blockedServices(): ServiceName[];
  /** The machine's own policy. */
  policy(): NonNullable<AgentReport['policy']>;
  /** For the next report; `told` when it is sent. */
  sessionNews(): SessionCount[];
  told(counts: readonly SessionCount[]): void;
  /** Resolves when what it counted is on the disk. */
  close(): Promise<void>;
}

export async function openMachineDoor(options: MachineDoorOptions): Promise<MachineDoor> {
  const { settings, clock, certificates, logger } = options;
  const { dataDirectory } = settings;
  let state: AgentState | undefined;
  let isShut = false;
  let isOpening = true;
  let policy = nothingAllowed;
  const configuredPort = (service: string) => state?.services.find(({ name }) => name === service)?.port;
  const portOf = (service: string) => (isShut ? undefined : configuredPort(service));
  const placeOf = (service: string, port: number) =>
    service === 'WAC' && settings.targetPort !== undefined ? localPortOf(settings) : port;

  const sessions = await openDoorSessions(dataDirectory, clock.nowSeconds);
  const isOpen = (sessionId: string) =>
    (sessions.ends().get(sessionId) ?? 0) > clock.nowSeconds() && !sessions.isRevoked(sessionId);
  const accounts = await openVirtualAccounts(
    {
      dataDirectory,
      machine: settings.resourceId,
      runHook: options.runHook,
      onMade: (sessionId) => logger.log('account.made', { sessionId }),
      onRemoved: (sessionId) => logger.log('account.removed', { sessionId }),
      onFailure(sessionId, action, reason, isNews) {
        logger.log('account.failed', { sessionId, action, reason });
        if (isNews) options.onAccountFailure(`virtual_account_failed: ${action}: ${reason}`);
      },
    },
    isOpen,
  );
  const visitors = await openVisitors({
    dataDirectory,
    nowSeconds: clock.nowSeconds,
    scheme: settings.targetScheme,
    accounts,
    signIn: () => state?.signIn ?? 'virtual-account',
  });
  const forwarder = createForwarder({
    scheme: settings.targetScheme,
    onUnreachable(port, error) {
      logger.log('service.unreachable', { port, error });
      options.onUnreachable();
    },
  });
  const requests = createDoorRequests({
    sessions,
    forwarder,
    nowSeconds: clock.nowSeconds,
    keys: () => state,
    portOf(service) {
      const port = portOf(service);
      return port === undefined ? undefined : placeOf(service, port);
    },
    prepare: visitors.prepare,
    introduce: visitors.introduce,
    onEntered: ({ sessionId }, socket) => lives.attach(sessionId, socket),
    onOpened({ sessionId, service }, user, endsAt) {
      logger.log('session.opened', { sessionId, service, user, endsAt });
      lives.begin(sessionId, 'WAC', endsAt);
    },
    onRefused: ({ sessionId }, code) => logger.log('session.refused', { sessionId, code }),
  });
  const tellRefusal = createRefusalLog(
    refusalsPerMinute,
    clock.now,
    (facts: StreamPurpose & { reason: string }) => logger.log('stream.refused', { ...facts }),
  );
  const logRefusal = (purpose: StreamPurpose, reason: string) => tellRefusal({ ...purpose, reason });
  const door = createTlsDoor({
    requests,
    names: () => (state ? namesOf(state) : []),
    contextFor: certificates.contextFor,
    onRefused: logRefusal,
  });
  const streams = createIncomingStreams({
    portOf,
    localPortOf: placeOf,
    policyRefusal: (port, localPort) => policyRefusal(policy, port, localPort),
    isWithheld: options.isWithheld,
    isRevoked: sessions.isRevoked,
    hasCertificate: () => !certificates.isEmpty(),
    acceptWeb: door.accept,
    onRaw: ({ sessionId }, local) => lives.beginRaw(sessionId, 'SSH', local),
    onRefused: logRefusal,
    onFailed: (purpose, error) => logger.log('tunnel.stream_failed', { ...purpose, error }),
  });
  const meter = createSessionMeter({
    file: await openSessionCountFile(dataDirectory, (error) => logger.log('session.uncounted', { error })),
    now: clock.now,
    onNews: options.onSessionNews,
    ...(options.sampleMs !== undefined && { sampleMs: options.sampleMs }),
  });
  const lives = createSessionLives({
    sessions,
    meter,
    accounts,
    clock,
    logger,
    cut: (sessionId) => streams.cut((purpose) => purpose.sessionId === sessionId),
  });

  const watch = await watchMachinePolicy({
    dataDirectory,
    installedPorts: installedPortsOf(settings),
    readArc: options.readArc,
    arcFolder: options.arcFolder,
    onChange(latest) {
      policy = latest;
      // Whoever opens the door looks at all of it when it is open.
      if (isOpening) return;
      review();
      logger.log('policy.read', summaryOf(latest));
      options.onPolicyChange();
    },
    onDamage: (error) => logger.log('policy.damaged', { error }),
  });
  policy = watch.current();
  isOpening = false;

  /** Nothing ends before it is known what is configured. */
  function reasonToEnd(service: ServiceName): SessionEnd | undefined {
    const port = configuredPort(service);
    if (!state) return undefined;
    if (port === undefined) return 'service_closed';
    const refusal = policyRefusal(policy, port, placeOf(service, port));
    return refusal && 'local_policy';
  }

  function review(): void {
    lives.review(reasonToEnd);
    streams.review();
  }

  return {
    take: (incoming) => void streams.take(incoming),
    configure(next) {
      state = next;
      isShut = false;
      review();
    },
    revoke: lives.revoke,
    allows: (port) => policyRefusal(policy, port) === undefined,
    shut() {
      isShut = true;
      streams.review();
    },
    async end(signal) {
      isShut = true;
      lives.review(() => 'service_closed');
      streams.review();
      await accounts.settled(signal);
    },
    blockedServices: () => blockedBy(policy, state?.services ?? [], placeOf),
    policy: () => summaryOf(policy),
    sessionNews: meter.news,
    told: meter.told,
    async close() {
      watch.close();
      accounts.close();
      streams.cut(() => true);
      door.close();
      await lives.close();
    },
  };
}

import type { Incoming, StreamPurpose } from '#shared/ports/tunnel.ts';
import type { AgentState } from '#shared/protocol/agent-messages.ts';
import type { Logger } from '#shared/runtime/logger.ts';
import type { CertificateStore } from './certificate-store.ts';
import type { AgentClock } from './clock.ts';
import { createDoorRequests } from './door-requests.ts';
import { openDoorSessions } from './door-sessions.ts';
import { createForwarder } from './forwarder.ts';
import { namesOf } from './host-names.ts';
import { createIncomingStreams } from './incoming-streams.ts';
import { allows, watchPolicy } from './local-policy.ts';
import { createRefusalLog } from './refusal-log.ts';
import { type AgentSettings, installedPortsOf, localPortOf } from './settings.ts';
import { createTlsDoor } from './tls-door.ts';

/** In direct mode strangers get as far as a handshake. */
const refusalsPerMinute = 120;

export interface MachineDoorOptions {
  settings: Pick<AgentSettings, 'dataDirectory' | 'port' | 'targetPort' | 'targetScheme'>;
  clock: AgentClock;
  certificates: Pick<CertificateStore, 'contextFor' | 'isEmpty'>;
  logger: Logger;
  /** What the machine allows has changed. */
  onPolicyChange(): void;
  /** Whether a service is of somebody who has not agreed to lose it (54). */
  isWithheld(service: string): boolean;
  /** A session's service did not answer on its local port. */
  onUnreachable(): void;
}

/** Everything between the tunnel and the services of this machine. */
export interface MachineDoor {
  take(incoming: Incoming): void;
  /** Names, services and ticket keys; streams of services that are gone are cut. */
  configure(state: AgentState): void;
  revoke(sessionId: string, expiresAt: number): Promise<void>;
  /** Whether the machine's own policy allows the port. */
  allows(port: number): boolean;
  /** Lets nobody in, and cuts who is in, until it is configured again. */
  shut(): void;
  /** Configured services that the machine's own policy refuses. */
  blockedServices(): AgentState['services'][number]['name'][];
  close(): void;
}

export async function openMachineDoor(options: MachineDoorOptions): Promise<MachineDoor> {
  const { settings, clock, certificates, logger } = options;
  let state: AgentState | undefined;
  const ends = new Map<string, NodeJS.Timeout>();
  let isShut = false;
  const portOf = (service: string) =>
    isShut ? undefined : state?.services.find(({ name }) => name === service)?.port;
  const placeOf = (service: string, port: number) =>
    service === 'WAC' && settings.targetPort !== undefined ? localPortOf(settings) : port;

  const sessions = await openDoorSessions(settings.dataDirectory, clock.nowSeconds);
  const policy = await watchPolicy({
    dataDirectory: settings.dataDirectory,
    installedPorts: installedPortsOf(settings),
    onChange({ enabled, ports }) {
      logger.log('policy.read', { enabled, ports: [...ports], cut: streams.review() });
      options.onPolicyChange();
    },
    onDamage: (error) => logger.log('policy.damaged', { error }),
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
    onOpened({ sessionId, service }, user, endsAt) {
      logger.log('session.opened', { sessionId, service, user, endsAt });
      cutAtEnd(sessionId, endsAt);
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
    isAllowed: (port) => allows(policy.current(), port),
    isWithheld: options.isWithheld,
    isRevoked: sessions.isRevoked,
    hasCertificate: () => !certificates.isEmpty(),
    acceptWeb: door.accept,
    onRefused: logRefusal,
    onFailed: (purpose, error) => logger.log('tunnel.stream_failed', { ...purpose, error }),
  });

  const cutSession = (sessionId: string) => streams.cut((purpose) => purpose.sessionId === sessionId);

  /** Live connections, WebSockets too, do not outlive their session. */
  function cutAtEnd(sessionId: string, endsAt: number): void {
    clearTimeout(ends.get(sessionId));
    const end = () => {
      ends.delete(sessionId);
      cutSession(sessionId);
    };
    ends.set(sessionId, setTimeout(end, Math.max(endsAt * 1000 - clock.now(), 0)).unref());
  }

  for (const [sessionId, endsAt] of sessions.ends()) cutAtEnd(sessionId, endsAt);

  return {
    take: (incoming) => void streams.take(incoming),
    configure(next) {
      state = next;
      isShut = false;
      streams.review();
    },
    async revoke(sessionId, expiresAt) {
      const revoked = sessions.revoke(sessionId, expiresAt);
      logger.log('session.revoked', { sessionId, cut: cutSession(sessionId) });
      await revoked;
    },
    allows: (port) => allows(policy.current(), port),
    shut() {
      isShut = true;
      streams.review();
    },
    blockedServices: () =>
      (state?.services ?? [])
        .filter(
          ({ name, port }) => ![port, placeOf(name, port)].every((one) => allows(policy.current(), one)),
        )
        .map(({ name }) => name),
    close() {
      policy.close();
      for (const timer of ends.values()) clearTimeout(timer);
      streams.cut(() => true);
      door.close();
    },
  };
}

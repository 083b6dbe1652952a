import { machineIdOf } from '#shared/domain/machine-name.ts';
import type { TunnelListener } from '#shared/ports/tunnel.ts';
import type { AgentState } from '#shared/protocol/agent-messages.ts';
import type { AgentEvent } from '#shared/protocol/events.ts';
import type { Logger } from '#shared/runtime/logger.ts';
import { createAccessTokens } from './access-tokens.ts';
import { pause } from './back-off.ts';
import { createCertificateDelivery } from './certificate-delivery.ts';
import { openCertificateKeys } from './certificate-keys.ts';
import { createCertificateStore } from './certificate-store.ts';
import { createClock } from './clock.ts';
import { createControlPlane } from './control-plane.ts';
import { createDesiredState } from './desired-state.ts';
import { ensurePrivateDirectory, removeLeftovers } from './durable-file.ts';
import { checkEgress } from './egress-check.ts';
import { createEgressWatch } from './egress-watch.ts';
import { createEnrolment, isUnrecognised } from './enrolment.ts';
import { receiveEvents } from './events.ts';
import type { HostChecks } from './host-checks.ts';
import { openIdentity } from './identity.ts';
import { readPolicy } from './local-policy.ts';
import { openMachineDoor } from './machine-door.ts';
import { createRecentChecks } from './recent-checks.ts';
import { createRelayLinks, type RelayTarget, relayTargetsOf } from './relay-links.ts';
import { createReportNumbering, createReports } from './reports.ts';
import { type Outbound, runSelfCheck, withOutbound } from './self-check.ts';
import type { AgentSettings } from './settings.ts';

const heartbeatMs = 60_000;

export interface AgentContext {
  settings: AgentSettings;
  logger: Logger;
  /** Stops the agent. */
  signal: AbortSignal;
  host: HostChecks;
  openTunnel(relay: RelayTarget, token: () => Promise<string>, now: () => number): TunnelListener;
}

/** Runs the agent until the signal, and resolves when its last report is on its way. Throws when it may not enrol. */
export async function runAgent({ settings, logger, signal, host, openTunnel }: AgentContext): Promise<void> {
  const { dataDirectory } = settings;
  const machineId = machineIdOf(settings.resourceId);
  await ensurePrivateDirectory(dataDirectory);
  await removeLeftovers(dataDirectory);
  const clock = createClock();
  // It takes a while to load, and is loaded by the time that the enrolment is answered.
  void import('./messages.ts');
  const identity = await openIdentity(dataDirectory);
  const keys = await openCertificateKeys(dataDirectory);
  const certificates = createCertificateStore({
    dataDirectory,
    unsealingKey: identity.unsealingKey,
    keys,
    onFileFailure: (file, error) => logger.log('agent.certificate_file_failed', { file, error }),
  });
  await certificates.load();
  const controlPlane = createControlPlane({
    origin: settings.controlPlane,
    machineId,
    signingKey: identity.signingKey,
    clock,
    signal,
    onClockChange: (offsetMs) => logger.log('agent.clock_adjusted', { offsetMs }),
  });
  const enrolment = createEnrolment({
    settings,
    machineId,
    identity,
    controlPlane,
    onEnrolled: () => logger.log('agent.enrolled', { machineId }),
    onFailure: (error, waitMs) => logger.log('agent.enrolment_failed', { error, waitMs }),
  });
  const tokens = createAccessTokens(controlPlane, clock.now);
  let state: AgentState | undefined;
  const delivery = createCertificateDelivery({
    store: certificates,
    keys,
    controlPlane,
    onServed(thumbprint) {
      logger.log('agent.certificate_served', { thumbprint });
      reports.add('serving');
    },
    onRequested: (id) => logger.log('agent.certificate_requested', { id }),
  });
  const servingThumbprint = () => delivery.servingThumbprint(state?.machineName ?? '');

  const reports = createReports({
    machineId,
    messages: () => state?.messages,
    tokens,
    next: await createReportNumbering({
      dataDirectory,
      machineId,
      signingKey: identity.signingKey,
      now: clock.now,
      facts() {
        const thumbprint = servingThumbprint();
        const found = checks.latest();
        const outbound = egress.latest();
        return {
          ...(thumbprint !== undefined && { servingThumbprint: thumbprint }),
          relayConnected: relays.isConnected(),
          blockedServices: door.blockedServices(),
          ...(outbound && { egress: outbound }),
          ...(found && { checks: withOutbound(found, triedOutbound()) }),
        };
      },
    }),
    signal,
    now: clock.now,
    onSent: (kind) => logger.log('agent.reported', { kind }),
    onUnsent: (error) => logger.log('agent.report_unsent', { error }),
  });

  const checks = createRecentChecks({
    check: () =>
      runSelfCheck({
        host,
        port: Number(settings.port),
        scheme: settings.targetScheme,
        readPolicy: () => readPolicy(dataDirectory, Number(settings.port)),
        tryOutbound: async () => triedOutbound(),
      }),
    now: clock.now,
    onChecked(found) {
      const failed = found.filter(({ ok }) => ok === false);
      logger.log('agent.checked', { failed: failed.map(({ id }) => id) });
      reports.add('heartbeat');
    },
  });

  const door = await openMachineDoor({
    settings,
    clock,
    certificates,
    logger,
    onPolicyChange: () => reports.add('heartbeat'),
    onUnreachable: checks.again,
  });
  const relays = createRelayLinks({
    open: (target) => openTunnel(target, () => listenToken(target), clock.now),
    onStream: door.take,
    onState({ path }, connected, reason) {
      const facts = { path, ...(reason !== undefined && { reason }) };
      logger.log(connected ? 'tunnel.connected' : 'tunnel.disconnected', facts);
      // The token may be what was refused.
      if (!connected) tokens.drop();
    },
    onChange(connected) {
      reports.add('heartbeat');
      if (connected) desired.refresh();
    },
  });
  const egress = createEgressWatch({
    check: (hosts) => checkEgress(hosts, { controlPlane: settings.controlPlane, signal }),
    signal,
    now: clock.now,
    onChecked(unreachable, hasChanged) {
      logger.log('agent.egress_checked', { unreachable });
      if (hasChanged) reports.add('heartbeat');
    },
  });
  const triedOutbound = (): Outbound | undefined => {
    const last = egress.latest();
    return last && { hosts: state?.egress ?? [], unreachable: last.unreachable };
  };
  const loops: Promise<void>[] = [];
  let events: AbortController | undefined;

  async function listenToken({ path }: RelayTarget): Promise<string> {
    const { relay, relays: others } = await tokens.get();
    const token = others?.[path] ?? (path === state?.relay.path ? relay : undefined);
    if (token === undefined) throw new Error(`there is no token for ${path}`);
    return token;
  }

  async function readState(): Promise<AgentState> {
    try {
      await enrolment.ensure(signal);
      return await controlPlane.readState();
    } catch (error) {
      if (!isUnrecognised(error)) throw error;
      enrolment.forget();
      await enrolment.ensure(signal);
      return controlPlane.readState();
    }
  }

  function receiveFrom(messages: AgentState['messages']): void {
    events?.abort();
    const current = new AbortController();
    events = current;
    loops.push(
      receiveEvents({
        messages,
        tokens,
        signal: AbortSignal.any([signal, current.signal]),
        now: clock.now,
        onEvent,
        onSubscribed() {
          logger.log('agent.subscribed', { queue: messages.eventQueue });
          desired.refresh();
        },
        onLost: (error) => logger.log('agent.subscription_lost', { error }),
        onRefused: (reason) => logger.log('agent.event_refused', { reason }),
      }),
    );
  }

  async function onEvent(event: AgentEvent): Promise<void> {
    if (event.type === 'admin-center.session.revoked')
      await door.revoke(event.data.sessionId, event.data.expiresAt);
    else desired.refresh();
  }

  async function apply(next: AgentState): Promise<void> {
    const previous = state;
    state = next;
    door.configure(next);
    egress.aim(next.egress ?? []);
    if (!previous) {
      reports.add('started');
      checks.again();
    }
    if (JSON.stringify(previous?.messages) !== JSON.stringify(next.messages)) receiveFrom(next.messages);
    const targets = relayTargetsOf(next);
    // Tokens are for the paths that were known when they were fetched.
    if (previous && JSON.stringify(relayTargetsOf(previous)) !== JSON.stringify(targets)) tokens.drop();
    relays.aim(targets);
    try {
      await delivery.apply(next);
    } catch (error) {
      reports.add('failed', error instanceof Error ? error.message : String(error));
      throw error;
    }
  }

  const desired = createDesiredState({
    read: readState,
    apply,
    signal,
    onApplied: () => logger.log('agent.state_applied', { certificate: servingThumbprint() }),
    onFailure: (error, waitMs) => logger.log('agent.state_unapplied', { error, waitMs }),
  });

  async function beat(): Promise<void> {
    while (!signal.aborted) {
      await pause(heartbeatMs, signal);
      if (signal.aborted) return;
      checks.againIfAmiss();
      reports.add('heartbeat');
    }
  }

  loops.push(desired.run(), reports.run(), egress.run(), beat());
  await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
  await Promise.allSettled([relays.close(), ...loops]);
  door.close();
  await reports.sendLast('stopping');
}

import { machineIdOf } from '#shared/domain/machine-name.ts';
import type { AgentState, SessionCount } from '#shared/protocol/agent-messages.ts';
import type { AgentEvent } from '#shared/protocol/events.ts';
import type { Logger } from '#shared/runtime/logger.ts';
import { createAccessTokens } from './access-tokens.ts';
import { aborted, every } from './back-off.ts';
import { createCertificateDelivery } from './certificate-delivery.ts';
import { createClock } from './clock.ts';
import { createControlPlane } from './control-plane.ts';
import { forgetInstall } from './data-directory.ts';
import { createDesiredState } from './desired-state.ts';
import { checkEgress } from './egress-check.ts';
import { createEgressWatch } from './egress-watch.ts';
import { createEnrolment } from './enrolment.ts';
import { createEventSubscription } from './event-subscription.ts';
import type { HostChecks } from './host-checks.ts';
import type { HostControl } from './host-control.ts';
import type { RunHook } from './identity-hook.ts';
import { createKeptState } from './kept-state.ts';
import { readPolicy } from './local-policy.ts';
import { openMachineDoor } from './machine-door.ts';
import { openManualInstall } from './manual-install.ts';
import { openData } from './open-data.ts';
import { createRecentChecks } from './recent-checks.ts';
import { createRecognisedState } from './recognised-state.ts';
import { createReportNumbering, createReports } from './reports.ts';
import { type Changing, type Outbound, runSelfCheck, withLatest } from './self-check.ts';
import { type AgentSettings, installedPortsOf, localPortOf } from './settings.ts';
import { createWaysIn, type OpenTunnel } from './ways-in.ts';

const heartbeatMs = 60_000;
/** After an uninstall: accounts of visitors are removed in this time, or by the next install. */
const accountsMs = 30_000;

export interface AgentContext {
  settings: AgentSettings;
  logger: Logger;
  /** Stops the agent. */
  signal: AbortSignal;
  host: HostChecks;
  control: HostControl;
  /** Makes and removes accounts for visitors; undefined where none is configured. */
  runHook: RunHook | undefined;
  openTunnel: OpenTunnel;
  /** An access token of the machine's own identity for an audience; asked where the settings have no token. */
  readMachineToken(audience: string): Promise<string>;
}

/**
 * Runs the agent until the signal, and resolves when its last report is on its way. Throws when it may not start.
 * After an uninstall it does nothing until the signal.
 */
export async function runAgent(context: AgentContext): Promise<void> {
  const { settings, logger, host } = context;
  const { dataDirectory } = settings;
  const machineId = machineIdOf(settings.resourceId);
  const retired = new AbortController();
  const signal = AbortSignal.any([context.signal, retired.signal]);
  const clock = createClock();
  // It takes a while to load, and is loaded by the time that the enrolment is answered.
  void import('./messages.ts');
  const { identity, keys, certificates } = await openData(settings, machineId, logger);
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
    readMachineToken: context.readMachineToken,
    now: clock.now,
    onEnrolled: () => logger.log('agent.enrolled', { machineId }),
    onFailure: (error, waitMs) => logger.log('agent.enrolment_failed', { error, waitMs }),
  });
  const tokens = createAccessTokens(controlPlane, clock.now);
  const keep = createKeptState(dataDirectory);
  let state: AgentState | undefined;
  /** Once it is uninstalled, nothing opens the door again. */
  let isUninstalled = false;
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
  /** What the report says that is on its way: there is one at a time. */
  let news: SessionCount[] = [];
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
        news = door.sessionNews();
        return {
          ...(thumbprint !== undefined && { servingThumbprint: thumbprint }),
          relayConnected: waysIn.isReachable(),
          blockedServices: door.blockedServices(),
          policy: door.policy(),
          ...(news.length > 0 && { sessions: news }),
          ...(outbound && { egress: outbound }),
          ...(found && { checks: withLatest(found, changing()) }),
        };
      },
    }),
    signal,
    now: clock.now,
    onSent(kind) {
      door.told(news);
      logger.log('agent.reported', { kind });
    },
    onUnsent: (error) => logger.log('agent.report_unsent', { error }),
  });

  const manual = await openManualInstall({
    dataDirectory,
    port: localPortOf(settings),
    host,
    control: context.control,
    now: clock.now,
    onTakenOver: (done) => logger.log('agent.taken_over', { done }),
    onFailure(failure) {
      logger.log('agent.take_over_failed', { failure });
      reports.add('failed', `the Windows Admin Center on the machine was not taken over: ${failure}`);
    },
  });
  const checks = createRecentChecks({
    check: () =>
      runSelfCheck({
        host,
        port: Number(settings.port),
        localPort: localPortOf(settings),
        scheme: settings.targetScheme,
        readPolicy: () => readPolicy(dataDirectory, installedPortsOf(settings)),
        tryOutbound: async () => triedOutbound(),
        findManual: manual.look,
        listener: () => waysIn.listener(),
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
    readArc: () => host.arcConfiguration(),
    arcFolder: host.arcFolder,
    runHook: context.runHook,
    onPolicyChange() {
      waysIn.review();
      reports.add('heartbeat');
    },
    onSessionNews: () => reports.add('heartbeat'),
    onAccountFailure: (detail) => reports.add('failed', detail),
    isWithheld: (service) => service === 'WAC' && manual.isWithheld(),
    onUnreachable: checks.again,
  });
  const waysIn = createWaysIn({
    openTunnel: context.openTunnel,
    tokens,
    clock,
    logger,
    onStream: door.take,
    isAllowed: door.allows,
    onChange(isReachable) {
      reports.add('heartbeat');
      if (isReachable) desired.refresh();
    },
    onFailure: (detail) => reports.add('failed', detail),
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
    const tried = egress.latest();
    return tried && { hosts: state?.egress ?? [], unreachable: tried.unreachable };
  };
  const changing = (): Changing => ({
    outbound: triedOutbound(),
    manual: manual.latest(),
    listener: waysIn.listener(),
  });

  /** Nobody gets in any more, and nothing is tried; the next state that is read opens everything again. */
  function standDown(): void {
    door.shut();
    waysIn.aim(undefined);
    events.aim(undefined);
    state = undefined;
  }

  const events = createEventSubscription({
    tokens,
    signal,
    now: clock.now,
    logger,
    onEvent,
    onSettled: () => {
      if (isUninstalled) retired.abort();
    },
    onSubscribed: () => desired.refresh(),
  });

  async function onEvent(event: AgentEvent): Promise<void> {
    if (event.type === 'admin-center.session.revoked')
      return door.revoke(event.data.sessionId, event.data.expiresAt);
    if (event.type !== 'admin-center.machine.uninstalled') return desired.refresh();
    // One that waited since before this install is not about it.
    if (Date.parse(event.time) < enrolment.enrolledAt())
      return logger.log('agent.event_refused', { reason: 'older than this install' });
    isUninstalled = true;
    logger.log('agent.uninstalled');
    door.shut();
    return waysIn.aim(undefined);
  }

  async function apply(next: AgentState): Promise<void> {
    await manual.settle(next.replaceManual === true);
    if (isUninstalled) return;
    const isFirst = state === undefined;
    state = next;
    door.configure(next);
    egress.aim(next.egress ?? []);
    if (isFirst) {
      reports.add('started');
      checks.again();
    }
    events.aim(next.messages);
    waysIn.aim(next);
    try {
      await delivery.apply(next);
      await keep(next);
    } catch (error) {
      reports.add('failed', error instanceof Error ? error.message : String(error));
      throw error;
    }
  }

  const desired = createDesiredState({
    read: createRecognisedState({
      enrolment,
      controlPlane,
      signal,
      onTurnedAway(error) {
        logger.log('agent.stood_down', { error });
        standDown();
      },
    }),
    apply,
    signal,
    onApplied: () => logger.log('agent.state_applied', { certificate: servingThumbprint() }),
    onFailure: (error, waitMs) => logger.log('agent.state_unapplied', { error, waitMs }),
  });

  const beat = () => {
    checks.againIfAmiss();
    reports.add('heartbeat');
  };

  const loops = [desired.run(), reports.run(), egress.run(), every(heartbeatMs, signal, beat)];
  await aborted(signal);
  await Promise.allSettled([waysIn.close(), events.ended(), ...loops]);
  if (isUninstalled) await door.end(AbortSignal.any([context.signal, AbortSignal.timeout(accountsMs)]));
  await door.close();
  if (!isUninstalled) return reports.sendLast('stopping');
  await forgetInstall(dataDirectory);
  return aborted(context.signal);
}

import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { extensionName } from '#shared/protocol/resource-names.ts';
import { type AgentProcess, createAgentProcess } from './agent-process.ts';
import type { ExtensionGoal, GoalStateClient, GoalStatus } from './goal-state.ts';
import { type MachineConfig, rootOf } from './machine-config.ts';
import { removeAllButOwners } from './owners-files.ts';
import { readText, writePrivate } from './private-file.ts';

/** After so many exits in a row, an install has failed. */
const exitsOfFailure = 4;

/** As the extension resource carries them (as Azure has it): the port is a string. */
const extensionSettings = z.object({
  port: z.string().regex(/^\d{1,5}$/),
  salt: z.string().optional(),
  controlPlane: z.url().optional(),
});
const protectedSettings = z.object({ token: z.string().min(1).optional() });

/** What is installed, kept over a restart. */
const installedFile = z.object({
  sequence: z.number(),
  isReported: z.boolean(),
  usesIdentity: z.boolean().default(false),
});
type Installed = z.infer<typeof installedFile>;

export interface HandlerOptions {
  config: MachineConfig;
  client: GoalStateClient;
  signal: AbortSignal;
  log(event: string, fields?: Record<string, unknown>): void;
}

/** The documented handler: it brings the agent, and its own settings where it was given a port alone (53). */
export interface AgentHandler {
  /** An agent that was installed before does not wait for the cloud. */
  resume(): Promise<void>;
  reach(goal: ExtensionGoal): Promise<void>;
  /** The extension is no longer there and nobody asked the machine. */
  forget(): Promise<void>;
  stop(): Promise<void>;
}

export function createAgentHandler({ config, client, signal, log }: HandlerOptions): AgentHandler {
  const directory = join(config.dataDirectory, 'agent');
  const installedPath = join(config.dataDirectory, 'installed.json');
  const configFile = join(directory, 'config.json');
  let installed: Installed | undefined;
  let version: string | undefined;
  let exits = 0;

  const agent: AgentProcess = createAgentProcess({
    entry: config.agentEntry,
    configFile,
    root: rootOf(config),
    pidFile: join(config.dataDirectory, 'agent.pid'),
    logFile: join(config.dataDirectory, 'agent.log'),
    usesIdentity: () => installed?.usesIdentity ?? false,
    onEvent(event, fields) {
      if (event === 'process.started') version = String(fields['version']);
      if (event === 'agent.enrolled' || event === 'agent.state_applied')
        void reportOutcome('success', 'the agent runs');
      const error = z
        .object({ code: z.literal('enrolment_refused'), message: z.string() })
        .safeParse(fields['error']);
      if (error.success) void reportOutcome('error', error.data.message);
    },
    onExit(code, waitMs) {
      exits += 1;
      log('agent.exited', { code, waitMs });
      if (exits >= exitsOfFailure)
        void reportOutcome('error', `the agent ended ${exits} times, last with code ${code}`);
    },
  });

  async function keepInstalled(next: Installed | undefined): Promise<void> {
    installed = next;
    if (next) await writePrivate(installedPath, JSON.stringify(next));
    else await rm(installedPath, { force: true });
  }

  async function report(name: string, status: GoalStatus): Promise<void> {
    const isTaken = await client.report('extensionStatus', name, status);
    log('extension.reported', { name, status: status.status, sequence: status.sequence, isTaken });
  }

  /** The end of an install, once: what the agent says later is between it and the control plane. */
  async function reportOutcome(status: 'success' | 'error', message: string): Promise<void> {
    const current = installed;
    if (!current || current.isReported) return;
    installed = { ...current, isReported: true };
    try {
      const { sequence } = current;
      await report(extensionName, { sequence, status, message, ...(version !== undefined && { version }) });
      if (installed?.sequence === sequence) await keepInstalled({ ...current, isReported: true });
    } catch (error) {
      log('extension.unreported', { message: error instanceof Error ? error.message : String(error) });
      if (installed?.sequence === current.sequence) installed = { ...current, isReported: false };
      await sleep(1000, undefined, { signal }).catch(() => undefined);
      if (!signal.aborted) await reportOutcome(status, message);
    }
  }

  /** What the agent is to be told, or why it cannot be. */
  function settingsFor(goal: ExtensionGoal): { settings: object; usesIdentity: boolean } | string {
    const given = extensionSettings.safeParse(goal.settings);
    const secret = protectedSettings.safeParse(goal.protectedSettings);
    if (!given.success || !secret.success) return 'the settings need a port';
    const { token } = secret.data;
    const { controlPlane = config.deployment?.controlPlane, ...others } = given.data;
    const audience = token === undefined ? config.deployment?.audience : undefined;
    if (controlPlane === undefined || (token === undefined && audience === undefined))
      return 'without salt, controlPlane and the protected settings token only a handler that knows its deployment can install';
    const target =
      config.isAppBehind && Number(given.data.port) !== config.appPort
        ? { targetPort: String(config.appPort) }
        : {};
    const settings = {
      ...others,
      ...target,
      controlPlane,
      ...(token !== undefined && { token }),
      ...(audience !== undefined && { audience }),
      resourceId: config.machineId,
      dataDirectory: directory,
    };
    return { settings, usesIdentity: token === undefined };
  }

  async function install(goal: ExtensionGoal): Promise<void> {
    const { name, sequence } = goal;
    const wanted = settingsFor(goal);
    await agent.stop();
    exits = 0;
    if (typeof wanted === 'string') {
      await keepInstalled(undefined);
      await report(name, { sequence, status: 'error', message: wanted });
      return;
    }
    await mkdir(directory, { recursive: true, mode: 0o700 });
    await writePrivate(configFile, JSON.stringify(wanted.settings));
    await keepInstalled({ sequence, isReported: false, usesIdentity: wanted.usesIdentity });
    await report(name, { sequence, status: 'transitioning', message: 'the agent starts' });
    await agent.start();
    log('extension.installed', { name, sequence });
  }

  async function remove(): Promise<void> {
    await agent.stop();
    await removeAllButOwners(directory);
    await keepInstalled(undefined);
  }

  return {
    async resume() {
      const text = await readText(installedPath);
      installed = text === undefined ? undefined : installedFile.parse(JSON.parse(text));
      if (installed) await agent.start();
    },
    async reach(goal) {
      const { name, sequence, deleting } = goal;
      if (deleting) {
        await remove();
        await report(name, { sequence, status: 'success', message: 'the agent is removed', removed: true });
        log('extension.removed', { name, sequence });
      } else if (sequence !== installed?.sequence) await install(goal);
      else await agent.start();
    },
    async forget() {
      if (installed) await remove();
    },
    stop: () => agent.stop(),
  };
}

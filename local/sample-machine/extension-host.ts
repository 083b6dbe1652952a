import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { extensionName } from '#shared/protocol/resource-names.ts';
import { type AgentProcess, createAgentProcess } from './agent-process.ts';
import type { ExtensionGoal, ExtensionStatus, GoalStateClient } from './goal-state.ts';
import type { MachineConfig } from './machine-config.ts';

/** Waits after a failed poll; the last one stays. */
const pollWaitsMs = [250, 500, 1000, 2000, 5000];
/** After so many exits in a row, an install has failed. */
const exitsOfFailure = 4;

/** As the extension resource carries them (as Azure has it): the port is a string. */
const extensionSettings = z.object({
  port: z.string().regex(/^\d{1,5}$/),
  salt: z.string(),
  controlPlane: z.url(),
});
const protectedSettings = z.object({ token: z.string().min(1) });

/** What is installed, kept over a restart. */
const installedFile = z.object({ sequence: z.number(), isReported: z.boolean() });
type Installed = z.infer<typeof installedFile>;

export interface ExtensionHostOptions {
  config: MachineConfig;
  client: GoalStateClient;
  signal: AbortSignal;
  log(event: string, fields?: Record<string, unknown>): void;
}

/** Writes as a whole and for the owner alone: the file holds the enrolment token. */
async function writePrivate(file: string, content: string): Promise<void> {
  await writeFile(`${file}.tmp`, content, { mode: 0o600 });
  await rename(`${file}.tmp`, file);
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/**
 * What the Arc agent does for extensions: it polls the machine's goal state, writes the settings, starts and stops
 * the handler (our agent) and reports. Resolves after the abort, when the agent has stopped.
 */
export async function runExtensionHost({ config, client, signal, log }: ExtensionHostOptions): Promise<void> {
  const directory = join(config.dataDirectory, 'agent');
  const installedPath = join(config.dataDirectory, 'installed.json');
  const configFile = join(directory, 'config.json');
  await mkdir(config.dataDirectory, { recursive: true, mode: 0o700 });
  let installed = await readInstalled();
  let version: string | undefined;
  let exits = 0;

  const agent: AgentProcess = createAgentProcess({
    entry: config.agentEntry,
    configFile,
    pidFile: join(config.dataDirectory, 'agent.pid'),
    logFile: join(config.dataDirectory, 'agent.log'),
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

  async function readInstalled(): Promise<Installed | undefined> {
    const text = await readFile(installedPath, 'utf8').catch(() => undefined);
    return text === undefined ? undefined : installedFile.parse(JSON.parse(text));
  }

  async function keepInstalled(next: Installed | undefined): Promise<void> {
    installed = next;
    if (next) await writePrivate(installedPath, JSON.stringify(next));
    else await rm(installedPath, { force: true });
  }

  async function report(name: string, status: ExtensionStatus): Promise<boolean> {
    const isTaken = await client.report(name, status);
    log('extension.reported', { name, status: status.status, sequence: status.sequence, isTaken });
    return isTaken;
  }

  /** The end of an install, once: what the agent says later is between it and the control plane. */
  async function reportOutcome(status: 'success' | 'error', message: string): Promise<void> {
    const current = installed;
    if (!current || current.isReported) return;
    installed = { ...current, isReported: true };
    try {
      const { sequence } = current;
      await report(extensionName, { sequence, status, message, ...(version !== undefined && { version }) });
      if (installed?.sequence === sequence) await keepInstalled({ sequence, isReported: true });
    } catch (error) {
      log('extension.unreported', { message: messageOf(error) });
      if (installed?.sequence === current.sequence) installed = { ...current, isReported: false };
      await sleep(1000, undefined, { signal }).catch(() => undefined);
      if (!signal.aborted) await reportOutcome(status, message);
    }
  }

  async function install({ name, sequence, ...goal }: ExtensionGoal): Promise<void> {
    const settings = extensionSettings.safeParse(goal.settings);
    const secret = protectedSettings.safeParse(goal.protectedSettings);
    await agent.stop();
    exits = 0;
    if (!settings.success || !secret.success) {
      await keepInstalled(undefined);
      const message = 'the settings need port, salt and controlPlane, the protected settings token';
      await report(name, { sequence, status: 'error', message });
      return;
    }
    await mkdir(directory, { recursive: true, mode: 0o700 });
    await writePrivate(
      configFile,
      JSON.stringify({
        ...settings.data,
        ...secret.data,
        resourceId: config.machineId,
        dataDirectory: directory,
      }),
    );
    await keepInstalled({ sequence, isReported: false });
    await report(name, { sequence, status: 'transitioning', message: 'the agent starts' });
    await agent.start();
    log('extension.installed', { name, sequence });
  }

  async function remove(): Promise<void> {
    await agent.stop();
    await rm(directory, { recursive: true, force: true });
    await keepInstalled(undefined);
  }

  async function reach(goals: readonly ExtensionGoal[]): Promise<void> {
    for (const goal of goals.filter(({ name }) => name !== extensionName)) await refuse(goal);
    const goal = goals.find(({ name }) => name === extensionName);
    if (!goal && installed) await remove();
    if (!goal) return;
    if (goal.deleting) {
      await remove();
      const { name, sequence } = goal;
      await report(name, { sequence, status: 'success', message: 'the agent is removed', removed: true });
      log('extension.removed', { name, sequence });
    } else if (goal.sequence !== installed?.sequence) await install(goal);
    else await agent.start();
  }

  async function refuse({ name, sequence, deleting }: ExtensionGoal): Promise<void> {
    const message = deleting ? 'it was never installed' : `this sample machine has no handler for ${name}`;
    const status = deleting
      ? ({ status: 'success', removed: true } as const)
      : ({ status: 'error' } as const);
    await report(name, { sequence, message, ...status });
  }

  async function poll(): Promise<void> {
    let seen: number | undefined;
    let failures = 0;
    while (!signal.aborted) {
      try {
        const state = await client.read(seen);
        const news = state.extensions.filter(({ sequence }) => seen === undefined || sequence > seen);
        if (seen === undefined || news.length > 0) await reach(seen === undefined ? state.extensions : news);
        seen = Math.max(seen ?? 0, state.sequence);
        failures = 0;
      } catch (error) {
        if (signal.aborted) break;
        log('goal_state.unread', { message: messageOf(error) });
        seen = undefined;
        const waitMs = pollWaitsMs[Math.min(failures++, pollWaitsMs.length - 1)];
        await sleep(waitMs, undefined, { signal }).catch(() => undefined);
      }
    }
  }

  // An installed agent does not wait for the cloud.
  if (installed) await agent.start();
  await poll();
  await agent.stop();
}

import { mkdir } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { extensionName } from '#shared/protocol/resource-names.ts';
import { createAgentHandler, type HandlerOptions } from './agent-handler.ts';
import { installArcAgent, isOfArc } from './arc-agent.ts';
import type { ExtensionGoal, RunCommandGoal } from './goal-state.ts';
import { rootOf } from './machine-config.ts';
import { createScriptHandler, isScript } from './script-handler.ts';

/** Waits after a failed poll; the last one stays. */
const pollWaitsMs = [250, 500, 1000, 2000, 5000];

/**
 * What the platform's agent does on a machine: it polls the goal state, hands each goal to who understands it and has
 * the outcome reported. Resolves after the abort, when everything that it started has stopped.
 */
export async function runExtensionHost(options: HandlerOptions): Promise<void> {
  const { config, client, signal, log } = options;
  await mkdir(config.dataDirectory, { recursive: true, mode: 0o700 });
  if (isOfArc(config.machineId)) await installArcAgent(rootOf(config), [22, config.appPort]);
  const agent = createAgentHandler(options);
  const scripts = await createScriptHandler(options);

  async function refuse({ name, sequence, deleting }: ExtensionGoal): Promise<void> {
    const message = deleting ? 'it was never installed' : `this sample machine has no handler for ${name}`;
    const status = deleting
      ? ({ status: 'success', removed: true } as const)
      : ({ status: 'error' } as const);
    const isTaken = await client.report('extensionStatus', name, { sequence, message, ...status });
    log('extension.refused', { name, sequence, isTaken });
  }

  const reachExtension = (goal: ExtensionGoal): Promise<void> =>
    isScript(goal)
      ? scripts.reachExtension(goal)
      : goal.name === extensionName
        ? agent.reach(goal)
        : refuse(goal);

  async function reach(extensions: readonly ExtensionGoal[], runCommands: readonly RunCommandGoal[]) {
    for (const goal of extensions) await reachExtension(goal);
    for (const goal of runCommands) await scripts.reachRunCommand(goal);
  }

  async function poll(): Promise<void> {
    let seen: number | undefined;
    let failures = 0;
    while (!signal.aborted) {
      try {
        const { sequence, extensions, runCommands } = await client.read(seen);
        const after = seen ?? -1;
        const isNew = (goal: { sequence: number }) => goal.sequence > after;
        // A goal that is gone was not taken back by us.
        const isAgentWanted = extensions.some((goal) => goal.name === extensionName && !isScript(goal));
        if (seen === undefined && !isAgentWanted) await agent.forget();
        await reach(extensions.filter(isNew), runCommands.filter(isNew));
        seen = Math.max(after, sequence);
        failures = 0;
      } catch (error) {
        if (signal.aborted) break;
        log('goal_state.unread', { message: error instanceof Error ? error.message : String(error) });
        seen = undefined;
        const waitMs = pollWaitsMs[Math.min(failures++, pollWaitsMs.length - 1)];
        await sleep(waitMs, undefined, { signal }).catch(() => undefined);
      }
    }
  }

  // What is installed does not wait for the cloud.
  await agent.resume();
  await scripts.resume();
  await poll();
  await agent.stop();
  await scripts.stop();
}

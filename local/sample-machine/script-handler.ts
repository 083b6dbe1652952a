import { join } from 'node:path';
import { z } from 'zod';
import type { HandlerOptions } from './agent-handler.ts';
import type { ExtensionGoal, GoalPlace, GoalStatus, RunCommandGoal } from './goal-state.ts';
import { rootOf } from './machine-config.ts';
import { readText, writePrivate } from './private-file.ts';
import { runScript, type ScriptRun } from './run-script.ts';
import { createServiceControl } from './service-control.ts';

/** Names of what a script handler is, in lower case: `publisher/type`. */
const scriptTypes = new Set([
  'microsoft.azure.extensions/customscript',
  'microsoft.compute/customscriptextension',
]);
export const isScript = ({ publisher, type }: ExtensionGoal): boolean =>
  scriptTypes.has(`${publisher}/${type}`.toLowerCase());

const scriptSettings = z.union([
  z
    .object({ script: z.base64().min(1) })
    .transform(({ script }) => Buffer.from(script, 'base64').toString('utf8')),
  z.object({ commandToExecute: z.string().min(1) }).transform(({ commandToExecute }) => commandToExecute),
]);

const ranFile = z.record(z.string(), z.number());

/** Custom scripts and run commands: each goal runs once, also over a restart; a deletion runs nothing. */
export interface ScriptHandler {
  resume(): Promise<void>;
  reachExtension(goal: ExtensionGoal): Promise<void>;
  reachRunCommand(goal: RunCommandGoal): Promise<void>;
  stop(): Promise<void>;
}

export async function createScriptHandler({
  config,
  client,
  signal,
  log,
}: HandlerOptions): Promise<ScriptHandler> {
  const folder = join(config.dataDirectory, 'scripts');
  const services = await createServiceControl(folder, rootOf(config), log);
  const ranPath = join(folder, 'ran.json');
  let ran = ranFile.parse(JSON.parse((await readText(ranPath)) ?? '{}'));

  async function report(place: GoalPlace, name: string, status: GoalStatus): Promise<void> {
    const isTaken = await client.report(place, name, status);
    log('script.reported', { name, status: status.status, sequence: status.sequence, isTaken });
  }

  async function reach(
    place: GoalPlace,
    { name, sequence, deleting }: Pick<ExtensionGoal, 'name' | 'sequence' | 'deleting'>,
    run: () => Promise<ScriptRun>,
  ): Promise<void> {
    if (deleting) {
      await report(place, name, { sequence, status: 'success', message: '', removed: true });
      return;
    }
    const key = `${place}/${name}`;
    if (ran[key] === sequence) return;
    await report(place, name, { sequence, status: 'transitioning', message: 'the script runs' });
    const { exitCode, output } = await run();
    await services.settle();
    if (signal.aborted) return;
    const status = exitCode === 0 ? 'success' : 'error';
    const message = exitCode === 0 ? output : `exit code ${exitCode}: ${output}`;
    await report(place, name, { sequence, status, message, ...(exitCode !== null && { exitCode }) });
    ran = { ...ran, [key]: sequence };
    await writePrivate(ranPath, JSON.stringify(ran));
  }

  const start = (name: string, script: string, more: NodeJS.ProcessEnv = {}, timeoutMs?: number) =>
    runScript({
      name,
      script,
      folder,
      environment: { ...more, ...services.environment },
      timeoutMs,
      signal,
    });

  return {
    resume: () => services.settle(),
    reachExtension(goal) {
      const script = scriptSettings.safeParse({ ...goal.settings, ...goal.protectedSettings });
      return reach('extensionStatus', goal, async () =>
        script.success
          ? start(goal.name, script.data)
          : { exitCode: null, output: 'the settings need a script or a commandToExecute' },
      );
    },
    reachRunCommand(goal) {
      const variables = Object.fromEntries(goal.parameters.map(({ name, value }) => [name, value]));
      const timeoutMs = goal.timeoutInSeconds === undefined ? undefined : goal.timeoutInSeconds * 1000;
      return reach('runCommandStatus', goal, () => start(goal.name, goal.script, variables, timeoutMs));
    },
    stop: () => services.stop(),
  };
}

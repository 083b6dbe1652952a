import type { ExtensionSettings, MachineExtension } from '#shared/ports/resource-manager.ts';
import type { ArmClient } from '../arm-client.ts';
import { type MachinePlace, placeOf } from './extension-resource.ts';
import { keptMarks, markGoal, markPackage, marksOf, readGoal, readMarks } from './marks.ts';
import {
  encodeSettings,
  linuxInstall,
  linuxUninstall,
  type PackageHashes,
  type PackageSource,
  settingsParameter,
  versionOf,
  windowsInstall,
  windowsUninstall,
} from './package-scripts.ts';
import type { ScriptResource, SeenScript } from './script-resource.ts';
import { toState } from './seen-extension.ts';

export interface ScriptDeliveryOptions {
  arm: ArmClient;
  resourceOf(resourceId: string): ScriptResource;
  /** URL of the folder that serves the agent package. */
  packageUrl: string;
  packageHashes(): Promise<PackageHashes>;
}

const provisioningStates = {
  running: 'Updating',
  succeeded: 'Succeeded',
  failed: 'Failed',
  deleting: 'Deleting',
} as const;

/**
 * A script of ours installs the agent, and another removes it before the resource goes: the platform's own handlers
 * for scripts know nothing of what a script did.
 */
export function createScriptDelivery(options: ScriptDeliveryOptions): MachineExtension {
  const { arm, resourceOf, packageUrl, packageHashes } = options;
  const readSource = async (): Promise<PackageSource> => ({ url: packageUrl, hashes: await packageHashes() });
  const isWindows = ({ osType }: MachinePlace) => osType === 'windows';

  async function install(resourceId: string, settings: ExtensionSettings, token: string): Promise<void> {
    const [place, source] = await Promise.all([placeOf(arm, resourceId), readSource()]);
    const resource = resourceOf(resourceId);
    const { port, salt, controlPlane } = settings;
    const agentSettings = { port, salt, controlPlane, resourceId, token };
    const write = isWindows(place) ? windowsInstall : linuxInstall;
    const marks = { ...marksOf(settings), ...markPackage(versionOf(source)), ...markGoal('install') };
    // The attempt stays: the same install again is the same request, and runs nothing twice.
    const before = await resource.find();
    const isAgain = before?.state === 'failed' && readGoal(before.marks) === 'install';
    const attempt = (before?.attempt ?? 1) + (isAgain ? 1 : 0);
    const wanted = resource.isScriptProtected
      ? { script: write(source, { kind: 'inline', settings: agentSettings }) }
      : {
          script: write(source, { kind: 'parameter' }),
          protectedParameter: { name: settingsParameter, value: encodeSettings(agentSettings) },
        };
    await resource.put({ ...wanted, marks, attempt }, place);
  }

  async function uninstall(resourceId: string, { attempt, marks }: SeenScript): Promise<void> {
    const [place, source] = await Promise.all([placeOf(arm, resourceId), readSource()]);
    const script = isWindows(place) ? windowsUninstall(source) : linuxUninstall(source);
    const isAgain = readGoal(marks) === 'remove';
    const kept = { ...keptMarks(marks), ...markGoal('remove') };
    const wanted = { script, marks: kept, attempt: attempt + (isAgain ? 1 : 0) };
    await resourceOf(resourceId).put(wanted, place);
  }

  return {
    beginInstall: install,
    async read(resourceId) {
      const seen = await resourceOf(resourceId).find();
      if (!seen) return { state: 'absent' };
      const isLeaving = readGoal(seen.marks) === 'remove';
      return toState(
        {
          provisioningState: isLeaving ? 'Deleting' : provisioningStates[seen.state],
          message: seen.message,
          version: undefined,
        },
        readMarks(seen.marks),
      );
    },
    async beginRemove(resourceId) {
      const resource = resourceOf(resourceId);
      const seen = await resource.find();
      if (!seen || seen.state === 'deleting') return;
      const goal = readGoal(seen.marks);
      if (goal === 'remove' && seen.state === 'running') return;
      // What is not ours did not install our agent: there is nothing to undo on the machine.
      if (goal === undefined || (goal === 'remove' && seen.state === 'succeeded')) return resource.remove();
      await uninstall(resourceId, seen);
    },
  };
}

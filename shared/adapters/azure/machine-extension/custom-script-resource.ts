import type { ArmClient } from '../arm-client.ts';
import { extensionOn, targetOf } from './extension-resource.ts';
import { powerShellCommand } from './package-scripts.ts';
import { attemptMark, readAttempt, type ScriptResource, type SeenScript } from './script-resource.ts';
import type { SeenExtension } from './seen-extension.ts';

/** Microsoft's own handlers that run a script. */
const handlers = {
  windows: {
    handler: { publisher: 'Microsoft.Compute', type: 'CustomScriptExtension' },
    minimumVersion: '1.10',
    protect: (script: string) => ({ commandToExecute: powerShellCommand(script) }),
  },
  linux: {
    handler: { publisher: 'Microsoft.Azure.Extensions', type: 'CustomScript' },
    minimumVersion: '2.1',
    // Not `commandToExecute`: a command line can be read by every user of the machine while it runs.
    protect: (script: string) => ({ script: Buffer.from(script, 'utf8').toString('base64') }),
  },
} as const;

const states: Readonly<Record<string, SeenScript['state']>> = {
  Succeeded: 'succeeded',
  Failed: 'failed',
  Canceled: 'failed',
  Deleting: 'deleting',
};

/** What has no tags carries its marks in the settings, which the handler does not read. */
const marksIn = ({ tags, settings }: SeenExtension) => ({ ...settings, ...tags });

/** The extension `AdminCenter` of a custom script handler. Deleting it removes no software. */
export function customScriptOn(arm: ArmClient, resourceId: string): ScriptResource {
  const resource = extensionOn(arm, resourceId);
  const { hasTags } = targetOf(resourceId);
  return {
    isScriptProtected: true,
    async find() {
      const seen = await resource.find();
      if (!seen) return undefined;
      const marks = marksIn(seen);
      const state = states[seen.provisioningState] ?? 'running';
      return { state, message: seen.message, marks, attempt: readAttempt(marks) };
    },
    async put({ script, marks: given, attempt }, place) {
      const { handler, minimumVersion, protect } = handlers[place.osType === 'windows' ? 'windows' : 'linux'];
      const marks = { ...given, [attemptMark]: String(attempt) };
      const wanted = {
        handler,
        minimumVersion,
        settings: hasTags ? {} : marks,
        protectedSettings: protect(script),
        // The handler runs what it has run before only when this is another text.
        forceUpdateTag: Object.values(marks).join(' '),
      };
      await resource.put(wanted, place, marks);
    },
    remove: () => resource.remove(),
  };
}

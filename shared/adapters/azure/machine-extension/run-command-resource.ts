import { z } from 'zod';
import { extensionName } from '#shared/protocol/resource-names.ts';
import type { ArmClient } from '../arm-client.ts';
import { orMissing } from '../arm-error.ts';
import { passing, untilSeen } from './extension-resource.ts';
import { attemptMark, readAttempt, type ScriptResource, type SeenScript } from './script-resource.ts';
import { tagsShape } from './seen-extension.ts';

/** The script downloads some hundred kilobytes and starts a service; slow machines take minutes. */
const timeoutInSeconds = 900;
/** Of what a script printed; the end says how it ended. */
const shownLength = 500;

const text = z.string().nullish();
const runCommand = z.object({
  tags: tagsShape,
  properties: z.object({
    provisioningState: z.string().default('Creating'),
    source: z.object({ script: text }).nullish(),
    instanceView: z
      .object({ executionState: text, exitCode: z.number().nullish(), output: text, error: text })
      .nullish(),
  }),
});
type RunCommand = z.infer<typeof runCommand>;

const executionStates: Readonly<Record<string, SeenScript['state']>> = {
  Succeeded: 'succeeded',
  Failed: 'failed',
  TimedOut: 'failed',
  Canceled: 'failed',
};

/** That the platform has done its part (`Succeeded`) says nothing of the script: that stands in the machine's view. */
function stateOf({ provisioningState, instanceView }: RunCommand['properties']): SeenScript['state'] {
  if (provisioningState === 'Deleting') return 'deleting';
  if (provisioningState === 'Failed' || provisioningState === 'Canceled') return 'failed';
  if (provisioningState !== 'Succeeded') return 'running';
  return executionStates[instanceView?.executionState ?? ''] ?? 'running';
}

/** The managed run command `AdminCenter`: its script can be read by everybody who may read the machine, its protected parameters by nobody. */
export function runCommandOn(arm: ArmClient, resourceId: string, apiVersion: string): ScriptResource {
  const path = `${resourceId}/runCommands/${extensionName}`;
  const read = () => orMissing(arm.get(path, apiVersion, runCommand, { $expand: 'instanceView' }));
  return {
    isScriptProtected: false,
    async find() {
      const found = await read();
      if (!found) return undefined;
      const { tags, properties } = found;
      const printed = properties.instanceView?.error || properties.instanceView?.output;
      const marks = tags ?? {};
      const message = printed ? printed.slice(-shownLength) : undefined;
      return { state: stateOf(properties), message, marks, attempt: readAttempt(marks) };
    },
    async put({ script, protectedParameter, marks, attempt }, { location }) {
      const kept = (await read())?.tags;
      const tags: Record<string, string> = { ...kept, ...marks, [attemptMark]: String(attempt) };
      const properties = {
        source: { script },
        // A changed tag alone runs nothing: the parameter does.
        parameters: [{ name: 'attempt', value: String(attempt) }],
        ...(protectedParameter && { protectedParameters: [protectedParameter] }),
        timeoutInSeconds,
      };
      const body = { location, tags, properties };
      await passing(arm.send({ method: 'PUT', path, apiVersion, body }));
      const isWritten = (seen: RunCommand) => seen.properties.source?.script === script;
      await untilSeen(read, isWritten, path);
    },
    async remove() {
      const found = await read();
      if (!found || found.properties.provisioningState === 'Deleting') return;
      await passing(orMissing(arm.send({ method: 'DELETE', path, apiVersion })));
    },
  };
}

import { vi } from 'vitest';
import type { AppPorts } from '#functions/ports.ts';
import { orchestratorNames } from '#orchestrations/names.ts';
import { createOpenSessionActivities } from '#orchestrations/open-session/activities.ts';
import type { OpenSessionInput } from '#orchestrations/session-record.ts';
import { describeError, toAppError } from '#shared/domain/error.ts';
import { environment } from '../memory-ports.ts';

/** What the whole app stands on; a test sets it before it calls. */
const standing = vi.hoisted(() => ({ ports: undefined as unknown, durable: undefined as unknown }));

vi.mock('#functions/composition.ts', () => ({
  compose: () => () => {
    if (!standing.ports) throw new Error('no ports');
    return standing.ports;
  },
}));
vi.mock('durable-functions', async (importOriginal) => ({
  ...(await importOriginal<object>()),
  getClient: () => standing.durable,
}));

/** Opens a session as its flow does; every other flow starts and goes on for ever. */
function durableOn(ports: AppPorts) {
  const outputs = new Map<string, unknown>();
  const opening = createOpenSessionActivities(ports);
  async function openSession(input: OpenSessionInput) {
    try {
      const target = await opening.requireAccess(input);
      const { expiresAt } = await opening.tryNewSession({ ...input, ...target });
      return { opened: true, expiresAt };
    } catch (caught) {
      const error = describeError(toAppError(caught));
      await opening.recordRefusal({ ...input, error });
      return { opened: false, error };
    }
  }
  return {
    async startNew(name: string, { instanceId, input }: { instanceId: string; input: unknown }) {
      if (name !== orchestratorNames.openSession) return;
      outputs.set(instanceId, await openSession(input as OpenSessionInput));
    },
    async getStatus(instanceId: string) {
      const output = outputs.get(instanceId);
      return { runtimeStatus: output === undefined ? 'Running' : 'Completed', output };
    },
    async raiseEvent() {},
    async terminate() {},
  };
}

/** The app as its own entry registers it, once in a process. */
export async function registerApp(): Promise<void> {
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
  await import('#functions/main.ts');
}

export function standOn(ports: AppPorts): void {
  standing.ports = ports;
  standing.durable = durableOn(ports);
}

import { describeError, type ErrorRecord } from '#shared/domain/error.ts';
import type { ServiceName } from '#shared/domain/machine.ts';
import type { OrchestrationContext, Step } from '../context.ts';
import { interactiveRetries } from '../retry-policies.ts';
import type { OpenSessionActivities } from './activities.ts';

export interface OpenSessionInput {
  machineId: string;
  sessionId: string;
  service: ServiceName;
  user: { id: string; name: string };
  lifetimeSeconds: number;
}

export type OpenSessionOutcome = { opened: true } | { opened: false; error: ErrorRecord };

/**
 * Connect in two steps (requirements 71-73, C6): ask the provider for access, then open the session and try it
 * to its end. Label and ticket are made after this, in the request's handler: nothing here can open a session.
 */
export function* openSession(
  context: OrchestrationContext,
  input: OpenSessionInput,
): Step<OpenSessionOutcome> {
  const run = context.activities<OpenSessionActivities>(interactiveRetries);
  try {
    yield* run.requireAccess(input);
    yield* run.tryNewSession(input);
    return { opened: true };
  } catch (caught) {
    const error = describeError(context.toAppError(caught));
    yield* run.recordRefusal({ ...input, error });
    return { opened: false, error };
  }
}

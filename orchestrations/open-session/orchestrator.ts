import { describeError, type ErrorRecord } from '#shared/domain/error.ts';
import type { OrchestrationContext, Step } from '../context.ts';
import { interactiveRetries } from '../retry-policies.ts';
import type { OpenSessionInput } from '../session-record.ts';
import type { OpenSessionActivities } from './activities.ts';

/** `expiresAt` in Unix seconds. */
export type OpenSessionOutcome = { opened: true; expiresAt: number } | { opened: false; error: ErrorRecord };

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
    const target = yield* run.requireAccess(input);
    const { expiresAt } = yield* run.tryNewSession({ ...input, ...target });
    return { opened: true, expiresAt };
  } catch (caught) {
    const error = describeError(context.toAppError(caught));
    yield* run.recordRefusal({ ...input, error });
    return { opened: false, error };
  }
}

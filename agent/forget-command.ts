import type { RunHook } from './identity-hook.ts';
import type { AgentSettings } from './settings.ts';
import { openVirtualAccounts } from './virtual-accounts.ts';

const patienceMs = 60_000;

/**
 * Removes the accounts of all visitors, for an agent that is stopped and about to be removed itself. Answers the sentences
 * of what could not be.
 */
export async function forgetVisitors(
  settings: AgentSettings,
  runHook: RunHook | undefined,
): Promise<string[]> {
  const failures = new Map<string, string>();
  const accounts = await openVirtualAccounts(
    {
      dataDirectory: settings.dataDirectory,
      machine: settings.resourceId,
      runHook,
      onMade: () => undefined,
      onRemoved: (sessionId) => failures.delete(sessionId),
      onFailure: (sessionId, _, reason) => failures.set(sessionId, reason),
    },
    // No session outlives the agent.
    () => false,
  );
  await accounts.settled(AbortSignal.timeout(patienceMs));
  accounts.close();
  return [...failures.values()];
}

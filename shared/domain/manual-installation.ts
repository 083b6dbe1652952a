import type { AgentDocument, MachineDocument } from './documents.ts';

/** What goes with a Windows Admin Center that was installed by hand when it is taken over (requirement 54). */
export const lostByReplacement =
  'The Windows Admin Center on this machine then manages this machine alone: its list of other servers, its registration with Azure and its access settings are lost.';

/**
 * What stands between a machine and its service: a Windows Admin Center that somebody installed by hand. On Windows
 * the agent says so before an install is done; `unknown` until it has.
 */
export function manualInstallationOn(
  machine: Pick<MachineDocument, 'facts'>,
  agent: Pick<AgentDocument, 'checks'>,
): { state: 'none' } | { state: 'unknown' } | { state: 'found'; found: string } {
  if (!agent.checks) return machine.facts?.osType === 'windows' ? { state: 'unknown' } : { state: 'none' };
  const check = agent.checks.find(({ id }) => id === 'manual-install');
  return check?.ok === false ? { state: 'found', found: check.found } : { state: 'none' };
}

import { compareVersions, isVersion } from './version.ts';

/**
 * Versions of the handler Microsoft.AdminCenter/AdminCenter at which something begins ("Manage a Windows VM using Windows
 * Admin Center in Azure", release notes and automation). They say nothing of other handlers.
 */
const gates = {
  /** A connect works from this one on. */
  connect: '0.0.0.169',
  /** From this one on the service's hosts are `*.waconazure.com`. */
  hosts: '0.0.0.203',
  /** Settings of a proxy are for newer ones than this. */
  proxyAfter: '0.0.0.321',
} as const;

/** The oldest version of the documented handler that an install leaves as it is, unless the deployment says otherwise. */
export const oldestExtension: string = gates.connect;

export interface ExtensionJudgement {
  /** The oldest version that a connect works through, where this one is older. */
  connectNeeds?: string;
  /** Where the handler looks for its service. */
  hosts: '*.wac.azure.com' | '*.waconazure.com';
  takesProxy: boolean;
}

/** A version that nobody told, or that nobody can read, is taken for the newest: the platform installs that one. */
export function judgeExtension(version: string | undefined): ExtensionJudgement {
  const isAtLeast = (gate: string) =>
    version === undefined || !isVersion(version) || compareVersions(version, gate) >= 0;
  return {
    ...(!isAtLeast(gates.connect) && { connectNeeds: gates.connect }),
    hosts: isAtLeast(gates.hosts) ? '*.waconazure.com' : '*.wac.azure.com',
    takesProxy: version !== gates.proxyAfter && isAtLeast(gates.proxyAfter),
  };
}

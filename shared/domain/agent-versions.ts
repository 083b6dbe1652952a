import { compareVersions, isOfSeries, isVersion } from './version.ts';

interface VersionBound {
  version: string;
  why: string;
  source: string;
}

interface BlockedSeries {
  /** The leading numbers that all its versions share. */
  series: string;
  why: string;
  fixedIn: string;
  source: string;
}

interface VersionMatrix {
  /** Older ones are refused. */
  minimum: VersionBound;
  /** Older ones are warned about. */
  recommended: VersionBound;
  /** Refused whatever the minimum is. */
  blocked: readonly BlockedSeries[];
}

/** Versions of the Azure Connected Machine agent (C8): a matrix, because "the latest" is another one each month. */
export const arcAgentVersions: VersionMatrix = {
  minimum: {
    version: '1.13.21320.014',
    why: 'the first that Windows Admin Center in the Azure portal works with',
    source: 'Manage Azure Arc-enabled Servers using Windows Admin Center in Azure: requirements',
  },
  recommended: {
    version: '1.37',
    why: 'the first after the versions that lose the endpoint',
    source: 'Windows Admin Center in the Azure portal: known issues',
  },
  blocked: ['1.35', '1.36'].map((series) => ({
    series,
    why: 'it answers a connect with "404 endpoint not found"',
    fixedIn: '1.37',
    source: 'Windows Admin Center in the Azure portal: known issues',
  })),
};

export type VersionVerdict =
  | { verdict: 'good' | 'unreadable' | 'too-old' | 'below-recommended' }
  | { verdict: 'blocked'; blocked: BlockedSeries };

/** What the matrix says of a version. `minimum` is the deployment's own, where it set one. */
export function judgeArcAgent(
  version: string | undefined,
  minimum: string = arcAgentVersions.minimum.version,
): VersionVerdict {
  if (version === undefined || !isVersion(version)) return { verdict: 'unreadable' };
  const blocked = arcAgentVersions.blocked.find(({ series }) => isOfSeries(version, series));
  if (blocked) return { verdict: 'blocked', blocked };
  if (compareVersions(version, minimum) < 0) return { verdict: 'too-old' };
  return compareVersions(version, arcAgentVersions.recommended.version) < 0
    ? { verdict: 'below-recommended' }
    : { verdict: 'good' };
}

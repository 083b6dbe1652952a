import type { MachineFacts, MachineKind } from './machine.ts';

/** Requirement 18: exactly 3 GiB passes. */
const minimumMemoryBytes = 3 * 1024 ** 3;
/** The first Arc agent version with the WAC extension, and versions known to break it. */
const arcAgent = { minimum: '1.13.21320.014', blocked: ['1.35', '1.36'] } as const;
const minimumServerYear = 2016;

export interface PreconditionResult {
  code: string;
  /** The rule in words. */
  rule: string;
  met: boolean;
  found: string;
  needed: string;
  remedy: string;
}

interface PreconditionRule {
  code: string;
  rule: string;
  needed: string;
  remedy: string;
  kinds: readonly MachineKind[];
  found(facts: MachineFacts): string;
  met(facts: MachineFacts): boolean;
}

const everyKind: readonly MachineKind[] = ['arc', 'azure-vm', 'hci-cluster'];

/** Compares dotted numbers piece by piece; a missing piece counts as zero. */
export function compareVersions(left: string, right: string): number {
  const a = left.split('.').map(Number);
  const b = right.split('.').map(Number);
  for (let at = 0; at < Math.max(a.length, b.length); at += 1) {
    const difference = (a[at] ?? 0) - (b[at] ?? 0);
    if (difference !== 0) return Math.sign(difference);
  }
  return 0;
}

function serverYear(facts: MachineFacts): number | undefined {
  const year = /Windows Server (\d{4})/i.exec(facts.osName)?.[1];
  return year === undefined ? undefined : Number(year);
}

const gibibytes = (bytes: number) => `${Math.round((bytes / 1024 ** 3) * 100) / 100} GiB`;

/** Requirements 16-20, in the order in which a person would mend them. Linux is served through SSH and any web console. */
const rules: readonly PreconditionRule[] = [
  {
    code: 'public_cloud',
    rule: 'The machine is in the Azure public cloud',
    needed: 'AzureCloud',
    remedy: 'Machines of Azure China, Azure Government and other clouds cannot be managed here.',
    kinds: everyKind,
    found: (facts) => facts.cloud,
    met: (facts) => facts.cloud === 'AzureCloud',
  },
  {
    code: 'operating_system',
    rule: 'The operating system is supported',
    needed: `Windows Server ${minimumServerYear} or newer, or Linux`,
    remedy: 'Upgrade the operating system of the machine.',
    kinds: ['arc', 'azure-vm'],
    found: (facts) => facts.osName || 'unknown',
    met: (facts) => facts.osType === 'linux' || (serverYear(facts) ?? 0) >= minimumServerYear,
  },
  {
    code: 'memory',
    rule: 'The machine has enough memory',
    needed: gibibytes(minimumMemoryBytes),
    remedy: 'Give the machine at least 3 GiB of memory.',
    kinds: ['arc', 'azure-vm'],
    found: (facts) => (facts.memoryBytes === undefined ? 'not reported' : gibibytes(facts.memoryBytes)),
    met: (facts) => facts.memoryBytes === undefined || facts.memoryBytes >= minimumMemoryBytes,
  },
  {
    code: 'arc_agent_version',
    rule: 'The Arc agent is new enough',
    needed: `${arcAgent.minimum} or newer, not ${arcAgent.blocked.join(' or ')}`,
    remedy: 'Update the Azure Connected Machine agent on the machine.',
    kinds: ['arc'],
    found: (facts) => facts.agentVersion ?? 'not reported',
    met: ({ agentVersion }) =>
      agentVersion !== undefined &&
      compareVersions(agentVersion, arcAgent.minimum) >= 0 &&
      !arcAgent.blocked.some((blocked) => agentVersion === blocked || agentVersion.startsWith(`${blocked}.`)),
  },
  {
    code: 'machine_connected',
    rule: 'The machine is connected',
    needed: 'Connected',
    remedy: 'Start the machine and check its outbound connection on port 443.',
    kinds: ['arc'],
    found: (facts) => facts.status,
    met: (facts) => facts.status === 'Connected',
  },
];

/** Every rule that applies to this kind of machine, with its outcome; nothing stops at the first failure (21, 24). */
export function checkPreconditions(kind: MachineKind, facts: MachineFacts): PreconditionResult[] {
  return rules
    .filter((rule) => rule.kinds.includes(kind))
    .map((rule) => ({
      code: rule.code,
      rule: rule.rule,
      met: rule.met(facts),
      found: rule.found(facts),
      needed: rule.needed,
      remedy: rule.remedy,
    }));
}

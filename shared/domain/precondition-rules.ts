import { arcAgentVersions, judgeArcAgent } from './agent-versions.ts';
import type { MachineFacts, MachineKind } from './machine.ts';
import type { NetworkFindings } from './network-rules.ts';
import { compareVersions } from './version.ts';

/** `failure` refuses, `warning` is told and refuses nothing, `info` says that it could not be judged. */
export type Severity = 'failure' | 'warning' | 'info';

/** What this deployment asks of machines. */
export interface PreconditionPolicy {
  /** The oldest Arc agent that is accepted, dotted numbers. */
  arcAgentMinimum: string;
  /** ARM names of the regions that are served (`westeurope`); undefined for every region of the public cloud. */
  regions: readonly string[] | undefined;
  /** Addresses of this service, for rules of networks that block everything outbound (requirement 34). */
  serviceAddresses?: readonly string[];
}

/** Our own zone as the rest of the world sees it: everything that is wrong with it, one sentence each. */
export interface ZoneFindings {
  name: string;
  faults: readonly string[];
}

/** Everything that rules look at. */
export interface Circumstances {
  facts: MachineFacts;
  policy: PreconditionPolicy;
  zone: ZoneFindings;
  /** The hosts that the machine's agent did not reach when it last tried; undefined before its first report. */
  unreachable?: readonly { host: string; reason: string }[] | undefined;
  /** Of a virtual machine in Azure; undefined where it is not known. */
  network?: NetworkFindings | undefined;
}

interface Judgement {
  met: boolean;
  /** Where it is not the rule's own. */
  severity?: Severity;
  found: string;
  needed: string;
  remedy: string;
}

export interface PreconditionRule {
  code: string;
  rule: string;
  severity: Severity;
  kinds: readonly MachineKind[];
  /** Its outcome may be another one after the install: it is judged again before a connect, by facts and policy alone. */
  mayChange?: boolean;
  /** Absent: it is always asked. */
  isAsked?(circumstances: Circumstances): boolean;
  judge(circumstances: Circumstances, kind: MachineKind): Judgement;
}

const everyKind: readonly MachineKind[] = ['arc', 'azure-vm', 'hci-cluster'];
const notReported = 'not reported';

/** Requirement 18: exactly 3 GiB passes. */
const minimumMemoryBytes = 3 * 1024 ** 3;
const gibibytes = (bytes: number): string => {
  const rounded = Math.round((bytes / 1024 ** 3) * 100) / 100;
  // A byte too few must not read like enough.
  return bytes < minimumMemoryBytes && rounded * 1024 ** 3 >= minimumMemoryBytes
    ? `${bytes} bytes`
    : `${rounded} GiB`;
};

const serverYear = ({ osName }: MachineFacts): number =>
  Number(/Windows Server (\d{4})/i.exec(osName)?.[1] ?? 0);
/** Requirements 16 and 17: 2016 and 2019 in the first text, 2022 and later in those that followed. */
const serverOrLinux = {
  needed: 'Windows Server 2016 or newer, or Linux',
  accepts: (facts: MachineFacts) => facts.osType === 'linux' || serverYear(facts) >= 2016,
};
const operatingSystems: Readonly<Record<MachineKind, typeof serverOrLinux>> = {
  arc: serverOrLinux,
  'azure-vm': serverOrLinux,
  'hci-cluster': {
    needed: 'Azure Stack HCI',
    accepts: ({ osName }) => /^azure (stack hci|local)\b/i.test(osName),
  },
};

/** How the platform says that an extension can be put on the machine now. */
const readiness: Readonly<Record<MachineKind, { needed: string; remedy: string }>> = {
  arc: {
    needed: 'Connected',
    remedy: 'Start the machine and check its outbound connection on port 443.',
  },
  'azure-vm': { needed: 'running', remedy: 'Start the virtual machine.' },
  'hci-cluster': {
    needed: 'ConnectedRecently',
    remedy: 'Check that the nodes of the cluster run and reach Azure on port 443.',
  },
};

const regionName = (text: string): string => text.toLowerCase().replace(/\s/g, '');

/** In the order in which a person would mend them. Linux is served through SSH and any web console. */
export const preconditionRules: readonly PreconditionRule[] = [
  {
    code: 'public_cloud',
    rule: 'The machine is in the Azure public cloud',
    severity: 'failure',
    kinds: everyKind,
    mayChange: true,
    judge: ({ facts }) => ({
      met: facts.cloud === 'AzureCloud',
      found: facts.cloud || notReported,
      needed: 'AzureCloud',
      remedy: 'Machines of Azure China, Azure Government and other clouds cannot be managed here.',
    }),
  },
  {
    code: 'region',
    rule: 'The region of the machine is served here',
    severity: 'failure',
    kinds: everyKind,
    mayChange: true,
    judge: ({ facts, policy: { regions } }) => ({
      met: facts.location !== '' && (regions?.includes(regionName(facts.location)) ?? true),
      found: facts.location || notReported,
      needed: regions?.join(', ') ?? 'any region of the public cloud',
      remedy: 'Add the region to ADMIN_CENTER_REGIONS, or use the deployment that serves it.',
    }),
  },
  {
    code: 'operating_system',
    rule: 'The operating system is supported',
    severity: 'failure',
    kinds: everyKind,
    judge: ({ facts }, kind) => ({
      met: operatingSystems[kind].accepts(facts),
      found: facts.osName || notReported,
      needed: operatingSystems[kind].needed,
      remedy: facts.osName
        ? 'Upgrade the operating system of the machine.'
        : 'Start the machine and wait until its agent has reported the operating system.',
    }),
  },
  {
    code: 'memory',
    rule: 'The machine has enough memory',
    severity: 'failure',
    kinds: everyKind,
    judge: ({ facts: { memoryBytes } }) => ({
      met: memoryBytes === undefined || memoryBytes >= minimumMemoryBytes,
      ...(memoryBytes === undefined && { severity: 'info' }),
      found: memoryBytes === undefined ? notReported : gibibytes(memoryBytes),
      needed: gibibytes(minimumMemoryBytes),
      remedy: 'Give the machine at least 3 GiB of memory.',
    }),
  },
  {
    code: 'arc_agent_version',
    rule: 'The Arc agent is new enough',
    severity: 'failure',
    kinds: ['arc'],
    mayChange: true,
    judge({ facts: { agentVersion }, policy: { arcAgentMinimum } }) {
      const judged = judgeArcAgent(agentVersion, arcAgentMinimum);
      const but = arcAgentVersions.blocked.map(({ series }) => series).join(' or ');
      return {
        met: judged.verdict === 'good' || judged.verdict === 'below-recommended',
        found: agentVersion || notReported,
        needed: `${arcAgentMinimum} or newer, not ${but}`,
        remedy:
          judged.verdict === 'blocked'
            ? `Update the Azure Connected Machine agent to ${judged.blocked.fixedIn} or newer: ${judged.blocked.why}.`
            : 'Update the Azure Connected Machine agent on the machine.',
      };
    },
  },
  {
    code: 'arc_agent_recommended',
    rule: 'The Arc agent is a recommended version',
    severity: 'warning',
    kinds: ['arc'],
    judge({ facts: { agentVersion }, policy: { arcAgentMinimum } }) {
      const { version, why } = arcAgentVersions.recommended;
      // What is refused is not warned about as well.
      const met = judgeArcAgent(agentVersion, arcAgentMinimum).verdict !== 'below-recommended';
      const needed = compareVersions(arcAgentMinimum, version) > 0 ? arcAgentMinimum : version;
      return {
        met,
        found: agentVersion || notReported,
        needed: `${needed} or newer`,
        remedy: `Update the Azure Connected Machine agent to ${needed} or newer: ${why}.`,
      };
    },
  },
  {
    code: 'machine_connected',
    rule: 'The machine is connected',
    severity: 'failure',
    kinds: everyKind,
    judge({ facts: { status } }, kind) {
      // An Arc machine says it always; of the others the platform may know nothing.
      const isUnknown = kind !== 'arc' && /^(unknown)?$/i.test(status);
      return {
        met: isUnknown || status === readiness[kind].needed,
        ...(isUnknown && { severity: 'info' }),
        found: isUnknown ? notReported : status || notReported,
        ...readiness[kind],
      };
    },
  },
  {
    code: 'outbound_reach',
    rule: 'The machine reaches what it connects to',
    // Its agent gets through, or nothing would be reported: a part of the hosts is no reason to refuse.
    severity: 'warning',
    kinds: everyKind,
    judge: ({ unreachable }) => ({
      met: !unreachable?.length,
      ...(unreachable === undefined && { severity: 'info' }),
      found:
        unreachable === undefined
          ? 'not reported yet'
          : unreachable.map(({ host, reason }) => `${host}: ${reason}`).join('; ') || 'every host is reached',
      needed: 'outbound HTTPS to each host of this service',
      remedy: 'Allow the machine outbound connections on port 443 to the hosts that are named.',
    }),
  },
  {
    code: 'zone_resolvable',
    rule: 'Names of this service resolve',
    severity: 'failure',
    kinds: everyKind,
    judge: ({ zone: { name, faults } }) => ({
      met: faults.length === 0,
      found: faults.length === 0 ? 'every server of the zone answers' : faults.join('; '),
      needed: `${name} delegated to its own servers, each of which answers for it`,
      remedy: `Mend the delegation of ${name} where the domain is registered: until then no machine can be reached by name.`,
    }),
  },
];

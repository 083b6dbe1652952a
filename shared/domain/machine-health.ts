import { leafInService } from './certificate.ts';
import type { HostCheckId } from './host-check.ts';
import { isHeard, type MachineRecords } from './machine-state.ts';
import { emergencyAt } from './renewal.ts';
import { compareVersions, isVersion } from './version.ts';

/** How the agent says that its machine is. */
export const healthStates = ['healthy', 'degraded', 'unreachable', 'unknown'] as const;
type HealthState = (typeof healthStates)[number];

export const healthReasonCodes = [
  'agent_never_seen',
  'agent_silent',
  'agent_not_connected',
  'check_failed',
  'host_unreachable',
  'certificate_late',
  'clock_wrong',
  'extension_outdated',
] as const;
type HealthReasonCode = (typeof healthReasonCodes)[number];

export interface HealthReason {
  code: HealthReasonCode;
  /** What is amiss, one sentence. */
  sentence: string;
  /** What to do about it, one sentence. */
  remedy: string;
}

export interface Health {
  state: HealthState;
  /** Empty when it is healthy; else each thing that is amiss, the most important first. */
  reasons: HealthReason[];
}

export interface HealthContext {
  /** Milliseconds since the epoch. */
  now: number;
  /** Version of the agent that an install of today brings. */
  agentVersion: string;
}

/** Session tickets and signed calls live for a minute: by then a clock that is not mended would have broken them. */
const clockToleranceMs = 60_000;

/** `2026-12-01 14:20 UTC`. */
const moment = (iso: string): string => `${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC`;
const sentenceOf = (text: string): string => `${text.replace(/[\s.]+$/, '')}.`;

/** What is looked at elsewhere is no failure of its own: outbound hosts one by one, a manual install as a state. */
const checkNames: Readonly<Partial<Record<HostCheckId, string>>> = {
  service: 'the service',
  localhost: 'the page on the machine',
  process: 'the process',
  installation: 'the installation',
  ports: 'the ports',
  listener: 'the address in direct mode',
};

type Rule = (records: MachineRecords, context: HealthContext) => HealthReason[];

const connection: Rule = ({ agent }) =>
  agent?.connected === true
    ? []
    : [
        {
          code: 'agent_not_connected',
          sentence:
            'The agent reports, but nobody can be connected through it: it is starting or stopping, or its connection is down.',
          remedy:
            'Wait a minute; if it stays, check that the machine may hold outbound connections on port 443, and look at the checks of the extension.',
        },
      ];

const checks: Rule = ({ agent }) =>
  (agent?.checks ?? []).flatMap(({ id, ok, found, next }) => {
    const name = checkNames[id];
    if (ok !== false || name === undefined) return [];
    return [
      {
        code: 'check_failed' as const,
        sentence: sentenceOf(`The check of ${name} fails on the machine${found ? `: ${found}` : ''}`),
        remedy: next
          ? sentenceOf(`${next.slice(0, 1).toUpperCase()}${next.slice(1)}`)
          : 'Look at the checks of the extension; repair it if they go on failing.',
      },
    ];
  });

const hosts: Rule = ({ agent }) =>
  (agent?.egress?.unreachable ?? []).map(({ host, reason }) => ({
    code: 'host_unreachable',
    sentence: sentenceOf(`The machine does not reach ${host}${reason ? `: ${reason}` : ''}`),
    remedy: 'Let the machine connect to it: firewall, proxy and outbound rules of the network.',
  }));

const certificate: Rule = ({ certificate: record }, { now }) => {
  const leaf = record && leafInService(record);
  if (!leaf || record.state === 'withdrawn' || now < emergencyAt(leaf)) return [];
  const verb = Date.parse(leaf.notAfter) <= now ? 'ended' : 'ends';
  return [
    {
      code: 'certificate_late',
      sentence: `The certificate ${verb} on ${moment(leaf.notAfter)}, and its replacement is not in service.`,
      remedy: 'Look at the certificate for the reason, and renew it.',
    },
  ];
};

const clock: Rule = ({ agent }) => {
  const offsetMs = agent?.clockOffsetMs ?? 0;
  if (Math.abs(offsetMs) < clockToleranceMs) return [];
  const minutes = Math.round(Math.abs(offsetMs) / 60_000);
  return [
    {
      code: 'clock_wrong',
      // The offset is what the agent adds to its machine's clock.
      sentence: `The clock of the machine is ${minutes} ${minutes === 1 ? 'minute' : 'minutes'} ${offsetMs > 0 ? 'slow' : 'fast'}.`,
      remedy: 'Set the clock of the machine, and let it follow a time server.',
    },
  ];
};

const version: Rule = ({ agent }, { agentVersion: current }) => {
  const installed = agent?.agentVersion ?? '';
  if (!isVersion(installed) || !isVersion(current) || compareVersions(installed, current) >= 0) return [];
  return [
    {
      code: 'extension_outdated',
      sentence: `The extension runs version ${installed} of the agent; ${current} is current.`,
      remedy: 'Repair the extension: that brings the current version.',
    },
  ];
};

const neverSeen = (isInstalled: boolean): HealthReason => ({
  code: 'agent_never_seen',
  sentence: 'No agent has ever reported from this machine.',
  remedy: isInstalled
    ? 'Check on the machine that the extension runs and reaches the service on port 443; repair it if not.'
    : 'Install Windows Admin Center: the agent comes with it.',
});

const silent = (lastSeenAt: string): HealthReason => ({
  code: 'agent_silent',
  sentence: `The agent last reported on ${moment(lastSeenAt)}; three of its heartbeats are missing.`,
  remedy:
    'Check that the machine runs, that the agent runs on it, and that it reaches the service on port 443.',
});

/** What stands whether or not the agent is heard. */
const lasting: readonly Rule[] = [certificate];
/** What only a recent report can say. */
const reported: readonly Rule[] = [connection, checks, hosts, certificate, clock, version];

export function healthOf(records: MachineRecords, context: HealthContext): Health {
  const { agent, machine } = records;
  const judge = (rules: readonly Rule[]) => rules.flatMap((rule) => rule(records, context));
  if (agent?.lastSeenAt === undefined)
    return { state: 'unknown', reasons: [neverSeen(machine.extension?.state === 'installed')] };
  if (!isHeard(agent, context.now))
    return { state: 'unreachable', reasons: [silent(agent.lastSeenAt), ...judge(lasting)] };
  const reasons = judge(reported);
  return { state: reasons.length > 0 ? 'degraded' : 'healthy', reasons };
}

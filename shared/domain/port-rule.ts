import { AppError } from './error.ts';
import { isSameNetwork, parseIpNetwork } from './ip-network.ts';
import { coverOfRule, type Peer, type Traffic } from './port-verdict.ts';
import type { PortSources } from './reach.ts';
import type { SecurityRule } from './security-rule.ts';

/** Requirement 131. */
export const portRuleName = 'PortForWAC';

/** What the rule of one machine has to let in. */
export interface WantedPort {
  machineId: string;
  /** The private address: groups see that one. */
  listenOn: string;
  port: number;
  sources: PortSources;
}

const markOf = (machineId: string): string =>
  `Made for machine ${machineId} by its Admin Center control plane, which removes it with its last use.`;

/** The machine that a rule was made for; undefined where somebody else made it. */
export const ownerOfRule = ({ description }: Pick<SecurityRule, 'description'>): string | undefined =>
  /^Made for machine (\S+) by its Admin Center control plane\b/.exec(description ?? '')?.[1];

/** Requirements 132 and 133 with protocol TCP (C7). */
const wantedRule = (
  { machineId, port, sources }: WantedPort,
  name: string,
  priority: number,
): SecurityRule => ({
  name,
  direction: 'Inbound',
  access: 'Allow',
  protocol: 'Tcp',
  priority,
  sources: sources === 'any' ? ['*'] : sources,
  sourcePorts: ['*'],
  destinations: ['*'],
  destinationPorts: [String(port)],
  description: markOf(machineId),
});

const peersOf = (sources: PortSources): readonly Peer[] => (sources === 'any' ? ['Internet'] : sources);

const isSameList = (one: readonly string[], other: readonly string[]): boolean => {
  const isSame = (left: string, right: string): boolean => {
    const [first, second] = [parseIpNetwork(left), parseIpNetwork(right)];
    return first && second ? isSameNetwork(first, second) : left.toLowerCase() === right.toLowerCase();
  };
  const within = (some: readonly string[], all: readonly string[]) =>
    some.every((left) => all.some((right) => isSame(left, right)));
  return within(one, other) && within(other, one);
};

const isAsWanted = (rule: SecurityRule, wanted: SecurityRule): boolean =>
  rule.access === wanted.access &&
  rule.direction === wanted.direction &&
  rule.protocol.toLowerCase() === wanted.protocol.toLowerCase() &&
  (['sources', 'sourcePorts', 'destinations', 'destinationPorts'] as const).every((part) =>
    isSameList(rule[part], wanted[part]),
  );

const trafficOf = ({ listenOn, port, sources }: WantedPort): Traffic[] =>
  peersOf(sources).map((peer) => ({ direction: 'Inbound', own: listenOn, peer, port }));

/** Whether the rule lets in all that is wanted; protocol Any does (C7). */
const letsIn = (rule: SecurityRule, wanted: WantedPort): boolean =>
  rule.access === 'Allow' && trafficOf(wanted).every((traffic) => coverOfRule(rule, traffic) === 'all');

/** The lowest number among the rules that refuse any of this traffic: one that lets it through stands before it. */
export const firstRefusal = (rules: readonly SecurityRule[], traffic: readonly Traffic[]): number =>
  Math.min(
    lastPriority + 1,
    ...rules
      .filter((rule) => rule.access === 'Deny' && traffic.some((one) => coverOfRule(rule, one) !== 'none'))
      .map(({ priority }) => priority),
  );

/** What people may use; below and above are the platform's own. */
const firstPriority = 100;
const lastPriority = 4096;
/** Where the portal of Azure begins, and its step: room is left for rules of others in front. */
const usualPriority = 300;
const usualStep = 10;

/** A priority that no rule of this direction has and that counts before `limit`; undefined when there is none. */
export function freePriority(
  rules: readonly SecurityRule[],
  direction: SecurityRule['direction'],
  limit = lastPriority + 1,
): number | undefined {
  const taken = new Set(rules.filter((rule) => rule.direction === direction).map(({ priority }) => priority));
  for (let priority = usualPriority; priority < limit; priority += usualStep)
    if (!taken.has(priority)) return priority;
  for (let priority = limit - 1; priority >= firstPriority; priority -= 1)
    if (!taken.has(priority)) return priority;
  return undefined;
}

/** What is to be done to a group so that the port is open: nothing, because `rule` lets it in, or to write `rule`. */
export interface PortPlan {
  action: 'keep' | 'write';
  rule: SecurityRule;
  isOurs: boolean;
}

/**
 * Decides by the rules of the interface's group. Machines that share a group have a rule each, so that none loses its
 * own with another's uninstall. Throws `port_rule_foreign` and `port_rule_full`.
 */
export function planPort(rules: readonly SecurityRule[], wanted: WantedPort): PortPlan {
  const limit = firstRefusal(rules, trafficOf(wanted));
  const ours = rules.find((rule) => ownerOfRule(rule) === wanted.machineId);
  if (ours) {
    const isBeforeRefusals = ours.priority < limit;
    const priority = isBeforeRefusals ? ours.priority : freePriority(rules, 'Inbound', limit);
    if (priority === undefined) throw full();
    const rule = wantedRule(wanted, ours.name, priority);
    const action = isBeforeRefusals && isAsWanted(ours, rule) ? 'keep' : 'write';
    return { action, rule, isOurs: true };
  }
  const foreign = rules.filter((rule) => ownerOfRule(rule) === undefined);
  const theirs = foreign.find(
    (rule) => rule.priority <= lastPriority && rule.priority < limit && letsIn(rule, wanted),
  );
  if (theirs) return { action: 'keep', rule: theirs, isOurs: false };
  const name = freeName(rules, wanted.machineId);
  const priority = freePriority(rules, 'Inbound', limit);
  if (priority === undefined) throw full();
  return { action: 'write', rule: wantedRule(wanted, name, priority), isOurs: true };
}

const full = () =>
  new AppError('port_rule_full', 'no priority is left that counts before the rules that refuse');

/** The documented name, or with a part of the machine id where another machine of ours has that. */
function freeName(rules: readonly SecurityRule[], machineId: string): string {
  const names = [portRuleName, `${portRuleName}-${machineId.slice(0, 6)}`, `${portRuleName}-${machineId}`];
  for (const name of names) {
    const standing = rules.find((rule) => rule.name.toLowerCase() === name.toLowerCase());
    if (!standing) return name;
    if (ownerOfRule(standing) === undefined)
      throw new AppError('port_rule_foreign', `the rule ${standing.name} was not made for this machine`, {
        facts: { rule: standing.name },
      });
  }
  throw new AppError('internal_error', 'three names of one machine are taken');
}

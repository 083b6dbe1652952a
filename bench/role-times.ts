import type { LocalSystem } from '#local/run/system.ts';
import { childrenOf, cpuOfTree } from './process-times.ts';

/** CPU milliseconds since the start, by role. */
export type RoleTimes = Record<string, number>;

/** The processes of a whole system by role. The stand-ins, and the bench's own looks, are in this process. */
export function rolesOf(system: Pick<LocalSystem, 'proxy' | 'machines'>): Record<string, () => number> {
  const agents = system.machines.map(({ child }) => child.pid);
  const others = new Set([system.proxy.pid, ...agents]);
  const host = childrenOf(process.pid).find((pid) => !others.has(pid));
  if (host === undefined) throw new Error('the Functions host is no process of ours');
  return {
    'host and app': () => cpuOfTree(host),
    'agents and machines': () => agents.reduce((sum, pid) => sum + cpuOfTree(pid), 0),
    proxy: () => cpuOfTree(system.proxy.pid),
    'stand-ins and bench': () => {
      const { user, system: kernel } = process.cpuUsage();
      return (user + kernel) / 1000;
    },
  };
}

export const readAll = (roles: Record<string, () => number>): RoleTimes =>
  Object.fromEntries(Object.entries(roles).map(([name, measure]) => [name, measure()]));

export const difference = (after: RoleTimes, before: RoleTimes): RoleTimes =>
  Object.fromEntries(Object.entries(after).map(([name, value]) => [name, value - (before[name] ?? 0)]));

export const sumOf = (values: RoleTimes): number =>
  Object.values(values).reduce((total, one) => total + one, 0);

import { readdirSync, readFileSync } from 'node:fs';

/** proc(5): `utime` and its neighbours are in ticks of sysconf(_SC_CLK_TCK), which is 100 on every Linux of ours. */
const millisecondsPerTick = 10;

interface ProcessStat {
  pid: number;
  parent: number;
  /** User and system time of the process and of its children that have ended, milliseconds. */
  cpuMs: number;
}

/** The fields of `/proc/<pid>/stat` behind the name, which may hold spaces and parentheses itself. */
function readStat(pid: number): ProcessStat | undefined {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch {
    return undefined;
  }
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
  return { pid, parent: Number(fields[1]), cpuMs: ticks * millisecondsPerTick };
}

const allProcesses = (): ProcessStat[] =>
  readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) ? (readStat(Number(name)) ?? []) : []));

/**
 * CPU milliseconds, user and system, of a process with all that it started. A child that ended counts at the parent
 * that waited for it, so a restart in between loses nothing. Linux only; 10 ms is the finest step.
 */
export function cpuOfTree(root: number): number {
  const all = allProcesses();
  const sumOf = (pid: number): number =>
    all.filter(({ parent }) => parent === pid).reduce((sum, child) => sum + sumOf(child.pid), 0) +
    (all.find((one) => one.pid === pid)?.cpuMs ?? 0);
  return sumOf(root);
}

/** Processes that this one started and that run still. */
export const childrenOf = (root: number): number[] =>
  allProcesses().flatMap(({ pid, parent }) => (parent === root ? [pid] : []));

/** Resident memory of a process with all that it started, megabytes. */
export function residentOfTree(root: number): { own: number; withChildren: number } {
  const all = allProcesses();
  const residentOf = (pid: number): number => {
    try {
      const kilobytes = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1];
      return Number(kilobytes ?? 0) / 1024;
    } catch {
      return 0;
    }
  };
  const sumOf = (pid: number): number =>
    all
      .filter(({ parent }) => parent === pid)
      .reduce((sum, child) => sum + sumOf(child.pid), residentOf(pid));
  return { own: residentOf(root), withChildren: sumOf(root) };
}

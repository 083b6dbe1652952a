import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

const shown = 8;
/** Linux gives processor time in ticks of 1/100 s on every architecture that Node runs on. */
const ticksPerSecond = 100;
const pageBytes = 4096;

export interface RunningProcess {
  pid: number;
  name: string;
  /** Of one processor, since the last look. */
  busyPercent: number;
  memoryBytes: number;
}

interface Seen {
  ticks: number;
  at: number;
}

/** Processor time at the last look, by process id and start time. */
let seen = new Map<string, Seen>();

async function readProcess(
  pid: string,
  now: number,
  next: Map<string, Seen>,
): Promise<RunningProcess | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  // The name is in parentheses and may hold anything, parentheses too.
  const end = stat.lastIndexOf(')');
  if (end < 0) return undefined;
  const fields = stat.slice(end + 2).split(' ');
  // It has ended already and waits for its parent.
  if (fields[0] === 'Z') return undefined;
  const ticks = Number(fields[11]) + Number(fields[12]);
  const key = `${pid} ${fields[19]}`;
  const last = seen.get(key);
  next.set(key, { ticks, at: now });
  const elapsedMs = last ? now - last.at : 0;
  const busy = last && elapsedMs > 0 ? (ticks - last.ticks) / ticksPerSecond / (elapsedMs / 1000) : 0;
  return {
    pid: Number(pid),
    name: stat.slice(stat.indexOf('(') + 1, end),
    busyPercent: Math.round(busy * 1000) / 10,
    memoryBytes: Number(fields[21]) * pageBytes,
  };
}

const busiest = (processes: readonly RunningProcess[]): RunningProcess[] =>
  processes
    .toSorted((a, b) => b.busyPercent - a.busyPercent || b.memoryBytes - a.memoryBytes)
    .slice(0, shown);

async function fromProc(): Promise<RunningProcess[]> {
  const now = performance.now();
  const next = new Map<string, Seen>();
  const ids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(ids.map((pid) => readProcess(pid, now, next)));
  seen = next;
  return Promise.all(busiest(found.filter((process) => process !== undefined)).map(nameByProgram));
}

/** The short name is the first thread's and may say little (`MainThread`); the program's own name says more. */
async function nameByProgram(process: RunningProcess): Promise<RunningProcess> {
  const [program = ''] = (await readFile(`/proc/${process.pid}/cmdline`, 'utf8').catch(() => '')).split('\0');
  const name = program.split(' ')[0]?.split('/').at(-1);
  return name ? { ...process, name } : process;
}

/** macOS and the BSDs. */
async function fromPs(): Promise<RunningProcess[]> {
  const { stdout } = await promisify(execFile)('ps', ['-Ao', 'pid=,pcpu=,rss=,comm=']);
  return stdout.split('\n').flatMap((line) => {
    const [, pid, busy, kibibytes, name] = /^\s*(\d+)\s+([\d.]+)\s+(\d+)\s+(.+)$/.exec(line) ?? [];
    if (!name) return [];
    const short = name.split('/').at(-1) ?? name;
    return [
      { pid: Number(pid), name: short, busyPercent: Number(busy), memoryBytes: Number(kibibytes) * 1024 },
    ];
  });
}

const ourselves = (): RunningProcess[] => [
  { pid: process.pid, name: 'node', busyPercent: 0, memoryBytes: process.memoryUsage().rss },
];

/** The busiest processes, then the largest. Where neither /proc nor `ps` is there, this process alone. */
export async function topProcesses(): Promise<RunningProcess[]> {
  return busiest(await fromProc().catch(fromPs).catch(ourselves));
}

import { readFile } from 'node:fs/promises';
import os from 'node:os';
import { type RunningProcess, topProcesses } from './processes.ts';

/** How many samples the graphs show: two minutes of one each two seconds. */
const historyLength = 60;

export interface MachineFacts {
  hostName: string;
  system: string;
  kernel: string;
  processor: { model: string; count: number; busyPercent: number };
  memory: { totalBytes: number; availableBytes: number };
  uptimeSeconds: number;
  /** Over 1, 5 and 15 minutes; zeros where the system has no such figure (Windows). */
  load: number[];
  /** Of the processor, the oldest first. */
  busyHistory: number[];
  loadHistory: number[];
  processes: RunningProcess[];
  at: string;
}

async function systemName(): Promise<string> {
  const text = await readFile('/etc/os-release', 'utf8').catch(() => '');
  return /^PRETTY_NAME="?([^"\n]+)/m.exec(text)?.[1] ?? os.version();
}

/** What can be taken into use without swapping; `os.freemem` leaves out caches where /proc knows better. */
async function availableMemory(): Promise<number> {
  const text = await readFile('/proc/meminfo', 'utf8').catch(() => '');
  const kibibytes = /^MemAvailable:\s+(\d+) kB/m.exec(text)?.[1];
  return kibibytes === undefined ? os.freemem() : Number(kibibytes) * 1024;
}

interface ProcessorTimes {
  busy: number;
  all: number;
}

function processorTimes(): ProcessorTimes {
  const sum = { busy: 0, all: 0 };
  for (const { times } of os.cpus()) {
    const all = times.user + times.nice + times.sys + times.idle + times.irq;
    sum.all += all;
    sum.busy += all - times.idle;
  }
  return sum;
}

/** This machine's own facts, as they are when asked, and a short history. */
export interface FactsReader {
  read(): Promise<MachineFacts>;
  /** Adds a point to the history. */
  sample(): void;
}

export function createFactsReader(): FactsReader {
  const busyHistory: number[] = [];
  const loadHistory: number[] = [];
  let before = processorTimes();

  const remember = (history: number[], value: number) => {
    history.push(value);
    if (history.length > historyLength) history.shift();
  };

  return {
    sample() {
      const now = processorTimes();
      const share = now.all > before.all ? (now.busy - before.busy) / (now.all - before.all) : 0;
      before = now;
      remember(busyHistory, Math.round(share * 1000) / 10);
      remember(loadHistory, os.loadavg()[0] ?? 0);
    },
    async read() {
      const cpus = os.cpus();
      const [system, availableBytes, processes] = await Promise.all([
        systemName(),
        availableMemory(),
        topProcesses(),
      ]);
      return {
        hostName: os.hostname(),
        system,
        kernel: `${os.type()} ${os.release()} ${os.arch()}`,
        processor: {
          model: cpus[0]?.model.trim() ?? 'unknown',
          count: cpus.length,
          busyPercent: busyHistory.at(-1) ?? 0,
        },
        memory: { totalBytes: os.totalmem(), availableBytes },
        uptimeSeconds: Math.floor(os.uptime()),
        load: os.loadavg(),
        busyHistory: [...busyHistory],
        loadHistory: [...loadHistory],
        processes,
        at: new Date().toISOString(),
      };
    },
  };
}

import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** TCP states as /proc writes them. */
const listening = '0A';
const established = '01';

interface TcpSocket {
  /** Address and port in hexadecimal, as the kernel writes them. */
  local: string;
  localPort: number;
  remotePort: number;
  state: string;
  inode: string;
}

const portOf = (address = ''): number => Number.parseInt(address.split(':').at(-1) ?? '', 16);

function tableOf(pid: number, file: 'tcp' | 'tcp6'): TcpSocket[] {
  const lines = readFileSync(`/proc/${pid}/net/${file}`, 'utf8').trim().split('\n').slice(1);
  return lines.map((line) => {
    const [, local = '', remote, state = '', , , , , , inode = ''] = line.trim().split(/\s+/);
    return { local, localPort: portOf(local), remotePort: portOf(remote), state, inode };
  });
}

/** The TCP sockets that this process holds, on Linux: its descriptors matched with the kernel's table. */
export function tcpSocketsOf(pid: number): {
  listening: number[];
  /** The same with their addresses, in hexadecimal. */
  listeningAt: string[];
  connectedTo: number[];
} {
  const inodes = new Set(
    readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      try {
        return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1] ?? [];
      } catch {
        // Closed since the folder was read.
        return [];
      }
    }),
  );
  const own = [...tableOf(pid, 'tcp'), ...tableOf(pid, 'tcp6')].filter(({ inode }) => inodes.has(inode));
  return {
    listeningAt: own.filter(({ state }) => state === listening).map(({ local }) => local),
    listening: own.filter(({ state }) => state === listening).map(({ localPort }) => localPort),
    connectedTo: own.filter(({ state }) => state === established).map(({ remotePort }) => remotePort),
  };
}

/** The child processes of this one whose command line has this text in it. */
export const childProcesses = (pid: number, text: string): number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((child) => {
      try {
        // The name of the program stands in parentheses and may hold anything; state and parent follow it.
        const [, parent] = readFileSync(`/proc/${child}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
        return Number(parent) === pid && readFileSync(`/proc/${child}/cmdline`, 'utf8').includes(text);
      } catch {
        // Ended since the folder was read.
        return false;
      }
    });

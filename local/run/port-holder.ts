import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { basename } from 'node:path';

/** State of a listening socket in /proc/net/tcp. */
const listening = '0A';

/** The inode of the socket that listens on this port, on any address. */
function inodeOf(port: number): string | undefined {
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  for (const file of ['/proc/net/tcp', '/proc/net/tcp6']) {
    for (const line of readFileSync(file, 'utf8').split('\n')) {
      const fields = line.trim().split(/\s+/);
      if (fields[1]?.endsWith(`:${hex}`) && fields[3] === listening) return fields[9];
    }
  }
  return undefined;
}

const holds = (pid: string, inode: string): boolean => {
  try {
    return readdirSync(`/proc/${pid}/fd`).some((fd) => {
      try {
        return readlinkSync(`/proc/${pid}/fd/${fd}`) === `socket:[${inode}]`;
      } catch {
        return false;
      }
    });
  } catch {
    // Processes of others are not ours to look into.
    return false;
  }
};

/** Which process listens on a port, `node (4711)`, as far as this system tells; undefined elsewhere. */
export function findPortHolder(port: number): string | undefined {
  try {
    const inode = inodeOf(port);
    const pid = inode && readdirSync('/proc').find((name) => /^\d+$/.test(name) && holds(name, inode));
    return pid ? `${basename(readlinkSync(`/proc/${pid}/exe`))} (process ${pid})` : undefined;
  } catch {
    return undefined;
  }
}

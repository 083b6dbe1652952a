import { readFileSync } from 'node:fs';
import { cpus, hostname, release, totalmem, version } from 'node:os';

/** What the sample machines report: the real facts of the computer that they run on. */
export const thisComputer = {
  hostName: hostname(),
  osName: osName(),
  osVersion: release(),
  memoryBytes: totalmem(),
  cores: cpus().length,
} as const;

/** The distribution's own name where there is one. */
function osName(): string {
  try {
    const name = /^PRETTY_NAME="?([^"\n]+)"?$/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1];
    if (name) return name;
  } catch {
    // Not every system has that file.
  }
  return version();
}

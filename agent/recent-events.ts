import { appendFileSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** As many are kept at least, and twice as many at most. */
const kept = 200;
const longestLine = 4_000;

const fileIn = (dataDirectory: string): string => join(dataDirectory, 'events.jsonl');

/** The last lines of the log, for the support bundle: they outlive the process, however it ends. */
export interface RecentEvents {
  /** One line with its line feed. */
  add(line: string): void;
}

/** None where there are none; a line that was being written when the process died is left out by who parses. */
export function readRecentEvents(dataDirectory: string): string[] {
  try {
    const lines = readFileSync(fileIn(dataDirectory), 'utf8').split('\n');
    return lines.filter((line) => line !== '').slice(-kept);
  } catch {
    return [];
  }
}

/** A line is appended before `add` ends: it is the last that is known of a process that dies. */
export function openRecentEvents(dataDirectory: string): RecentEvents {
  const file = fileIn(dataDirectory);
  let added = 0;

  function cut(): void {
    const text = readRecentEvents(dataDirectory)
      .map((line) => `${line}\n`)
      .join('');
    writeFileSync(`${file}.tmp`, text, { mode: 0o600 });
    renameSync(`${file}.tmp`, file);
    added = 0;
  }

  function attempt(write: () => void): void {
    try {
      write();
    } catch {
      // The log itself goes on; what is kept beside it must not end the agent.
    }
  }

  attempt(cut);
  return {
    add(line) {
      attempt(() => {
        const short = line.length > longestLine ? `${line.slice(0, longestLine - 1)}\n` : line;
        appendFileSync(file, short, { mode: 0o600 });
        added += 1;
        if (added >= kept) cut();
      });
    },
  };
}

import type { StandIn } from '#local/kit/stand-in.ts';
import { type ServiceStatus, serviceStatus } from '#local/management/status.ts';

export interface ServiceLinesOptions {
  standIns: readonly StandIn[];
  /** One JSON object a line, for each service that has changed. */
  json: boolean;
  /** Lines are written over; elsewhere they are written once. */
  isTerminal: boolean;
  write(text: string): void;
  everyMs?: number;
}

const header = {
  name: 'SERVICE',
  address: 'ADDRESS',
  state: 'STATE',
  requests: 'REQUESTS',
  lastError: 'LAST ERROR',
};
const longestError = 70;

function lineOf({ name, address, state, requests, lastError }: Record<keyof typeof header, string>): string {
  return `  ${name.padEnd(24)}${address.padEnd(18)}${state.padEnd(11)}${requests.padStart(9)}  ${lastError}`.trimEnd();
}

/** As many columns as the terminal most likely has, so that no line breaks in two. */
function textOf(status: ServiceStatus): string {
  const error = status.lastError ? `${status.lastError.operation}: ${status.lastError.text}` : '';
  const lastError = error.length > longestError ? `${error.slice(0, longestError - 1)}…` : error;
  return lineOf({ ...status, requests: String(status.requests), lastError });
}

/** One line per service: address, state, count of requests and last error. */
export function showServices(options: ServiceLinesOptions): { start(): void; stop(): void } {
  const { standIns, json, isTerminal, write, everyMs = 500 } = options;
  let last: readonly string[] = [];
  let timer: NodeJS.Timeout | undefined;

  const changed = () => {
    const now = standIns.map((standIn) => JSON.stringify({ event: 'service', ...serviceStatus(standIn) }));
    const before = last;
    last = now;
    return now.filter((line, index) => line !== before[index]);
  };
  const table = () => {
    const isFirst = last.length === 0;
    if (changed().length === 0) return;
    const lines = standIns.map((standIn) => textOf(serviceStatus(standIn)));
    if (isFirst) return write(`\n${[lineOf(header), ...lines].join('\n')}\n`);
    // Back over what was written, each line cleared to its end.
    write(`\x1b[${lines.length}A${lines.map((line) => `${line}\x1b[K\n`).join('')}`);
  };
  const show = () => {
    if (!json) return table();
    for (const line of changed()) write(`${line}\n`);
  };
  return {
    start() {
      show();
      if (json || isTerminal) timer = setInterval(show, everyMs);
    },
    stop: () => clearInterval(timer),
  };
}

import type { OperationReply } from '#shared/protocol/api.ts';
import { programName } from './about.ts';
import type { CommandContext } from './command.ts';
import { Failure, failureOf } from './failure.ts';
import type { Reply } from './http-client.ts';
import { describeCompensation } from './text/compensation.ts';
import { formatSeconds } from './text/duration.ts';
import { formatMoment } from './text/moment.ts';
import { changesSince, describeRunning } from './text/operation.ts';

/** Between two looks when the service does not say. */
const lookAgainMs = 1_000;
/** How many looks in a row may fail before the watching ends; the operation itself goes on. */
const patience = 5;
const tones = { running: 'plain', succeeded: 'good', failed: 'bad', postponed: 'plain' } as const;
/** Longest wait between two looks at what waits for its turn, and the part of the way to it that one wait is. */
const turn = { longestMs: 60_000, part: 10 } as const;
/** How often a live line shows how much time has passed. */
const tickMs = 100;

/** What waits for hours need not be asked for every second. */
function pauseOf({ value: { resumesAt }, retryAfterMs = lookAgainMs }: Reply<OperationReply>): number {
  const leftMs = resumesAt === undefined ? 0 : Date.parse(resumesAt) - Date.now();
  return Math.max(retryAfterMs, Math.min(turn.longestMs, leftMs / turn.part));
}

/** What following needs of a command's surroundings. */
export type FollowContext = Pick<CommandContext, 'api' | 'output' | 'wait'>;

/** Asks until the operation has ended, when the service says so (`Retry-After`); tells every answer that differs. */
async function* watch(
  { api, wait }: FollowContext,
  first: Reply<OperationReply>,
): AsyncGenerator<Reply<OperationReply>, void, undefined> {
  let last = first;
  let failed = 0;
  yield last;
  let waitMs = pauseOf(first);
  while (last.value.status === 'running') {
    await wait(waitMs);
    try {
      const next = await api.getOperation(first.value.id);
      failed = 0;
      waitMs = pauseOf(next);
      if (JSON.stringify(next.json) !== JSON.stringify(last.json)) yield next;
      last = next;
    } catch (error) {
      failed += 1;
      if (!(error instanceof Failure) || !error.facts.retryable || failed >= patience) throw error;
      waitMs = lookAgainMs * failed;
    }
  }
}

/** Shows an operation as it goes: one line a change on a pipe, a line that moves on a terminal. */
function createProgress({ output }: FollowContext) {
  const began = performance.now();
  const elapsed = () => formatSeconds((performance.now() - began) / 1000).padStart(8);
  let last: OperationReply | undefined;
  const showLive = () => {
    if (last?.status === 'running') output.live(`${elapsed()}  ${describeRunning(last)}`);
  };
  const timer = output.isWatched ? setInterval(showLive, tickMs) : undefined;
  return {
    show({ value, json }: Reply<OperationReply>): void {
      // On a terminal the live line tells what runs.
      if (output.isQuiet && value.status === 'running') return;
      const shown = changesSince(last, value).filter(
        ({ status }) => !output.isWatched || status !== 'running',
      );
      const lines = shown.map(({ status, text }) => `${elapsed()}  ${output.paint(tones[status], text)}`);
      const after = value.status === 'running' ? [] : describeCompensation(value).map((line) => `  ${line}`);
      output.result(json, () => [...lines, ...after].join('\n'));
      last = value;
      showLive();
    },
    end(): void {
      clearInterval(timer);
      output.live(undefined);
    },
  };
}

/** The failure that an operation ended with. */
export function failureOfOperation(operation: OperationReply): Failure {
  if (!operation.error)
    return failureOf('operation_failed', `${operation.kind} ${operation.id} failed and does not say why`);
  const { facts, ...error } = operation.error;
  return new Failure({ ...facts, ...error }, 'failed');
}

const nouns = {
  install: 'install',
  uninstall: 'removal',
  repair: 'repair',
  renew: 'renewal',
  revoke: 'replacement',
} as const;

/** It ended without a result and goes on by itself: told with its date, and with an exit code of its own. */
function postponementOf({ kind, resumesAt, error }: OperationReply): Failure {
  const when = resumesAt === undefined ? 'later' : `at ${formatMoment(resumesAt)}`;
  return failureOf(
    'operation_postponed',
    `the ${nouns[kind]} goes on ${when}${error ? `: ${error.detail}` : ''}`,
  );
}

/** Resolves when the operation has succeeded. Throws its failure; Ctrl-C ends the watching and nothing else. */
export async function followOperation(
  context: FollowContext,
  first: Reply<OperationReply>,
): Promise<OperationReply> {
  const progress = createProgress(context);
  const { id, kind } = first.value;
  let last = first.value;
  try {
    for await (const reply of watch(context, first)) {
      last = reply.value;
      progress.show(reply);
    }
  } catch (error) {
    progress.end();
    context.output.note(`The ${kind} goes on without us: ${programName} operation ${id} --follow`);
    throw error;
  } finally {
    progress.end();
  }
  if (last.status === 'postponed') throw postponementOf(last);
  if (last.status === 'failed') throw failureOfOperation(last);
  return last;
}

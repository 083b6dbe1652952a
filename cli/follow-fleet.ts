import type { FleetInstallReply } from '#shared/protocol/fleet-api.ts';
import { programName } from './about.ts';
import type { CommandContext } from './command.ts';
import { Failure, failureOf } from './failure.ts';
import type { Reply } from './http-client.ts';
import { describeFleet, notInstalled, renderNotInstalled } from './text/fleet.ts';

/** Between two looks when the service does not say. */
const lookAgainMs = 3_000;
/** How many looks in a row may fail before the watching ends; the fleet install itself goes on. */
const patience = 5;

const isOver = ({ endedAt }: FleetInstallReply): boolean => endedAt !== null;

/** Asks until it has ended; tells every answer. */
async function* watch(
  { api, wait }: CommandContext,
  first: Reply<FleetInstallReply>,
): AsyncGenerator<Reply<FleetInstallReply>, void, undefined> {
  let last = first;
  let failed = 0;
  yield last;
  while (!isOver(last.value)) {
    await wait((last.retryAfterMs ?? lookAgainMs) * (failed + 1));
    try {
      last = await api.getFleetInstall(first.value.id);
      failed = 0;
      yield last;
    } catch (error) {
      failed += 1;
      if (!(error instanceof Failure) || !error.facts.retryable || failed >= patience) throw error;
    }
  }
}

/** What is told again only when it has changed. */
const toldOf = ({ status, counts, endedAt }: FleetInstallReply): string =>
  JSON.stringify([status, counts, endedAt]);

/** The failures at the end, each with what to do. Throws when there are any, or when it was cancelled. */
async function conclude({ api, output }: CommandContext, fleet: FleetInstallReply): Promise<void> {
  const { value } = await api.listFleetMachines(fleet.id);
  const left = notInstalled(value.value);
  if (left.length > 0 && !output.isJson) output.note(renderNotInstalled(left));
  if (fleet.status === 'cancelled')
    throw failureOf(
      'fleet_install_incomplete',
      `it was cancelled: ${fleet.counts.skipped} machines were passed over`,
    );
  if (left.length > 0)
    throw failureOf(
      'fleet_install_incomplete',
      `${left.length} of ${fleet.total} machines were not installed`,
    );
}

/** One line a change on a pipe, a line that moves on a terminal. Ctrl-C ends the watching and nothing else. */
export async function followFleet(context: CommandContext, first: Reply<FleetInstallReply>): Promise<void> {
  const { output } = context;
  let told: string | undefined;
  let last = first.value;
  try {
    for await (const { value, json } of watch(context, first)) {
      last = value;
      const line = describeFleet(value, Date.now());
      if (output.isWatched && !isOver(value)) output.live(line);
      else if (toldOf(value) !== told) output.result(json, () => line);
      told = toldOf(value);
    }
  } catch (error) {
    output.live(undefined);
    output.note(`The fleet install goes on without us: ${programName} fleet status ${last.id} --follow`);
    throw error;
  }
  await conclude(context, last);
}

import { type OrchestratorState, stateOfFailure } from './actions.ts';
import { type Decision, NonDeterminism } from './decisions.ts';
import { orchestratorFailure, unknownOrchestrator } from './failures.ts';
import type { EventOf, FailureDetails, HistoryEvent } from './history.ts';
import type { LiveInstance } from './instance.ts';
import { isOrchestratorState } from './orchestrator-state.ts';
import { type Replayed, replay, UnsupportedStep } from './replay.ts';
import { triggerPayload } from './trigger-payload.ts';

export type Ending =
  | { kind: 'waiting' }
  | { kind: 'suspended' }
  | { kind: 'finished'; status: 'Completed' | 'Terminated'; output: string | null }
  | { kind: 'finished'; status: 'Failed'; output: string; failureDetails: FailureDetails | null }
  | { kind: 'continued'; input: string | null; carriedEvents: EventOf<'eventRaised'>[] };

/** What one run of an orchestrator decided; nothing of it has happened yet. */
export interface Verdict {
  decisions: Decision[];
  cancelledTimers: ReadonlySet<number>;
  /** JSON; undefined leaves it as it is. */
  customStatus?: string;
  ending: Ending;
}

/** The functions of the app by kind, read anew each time. */
export interface Catalog {
  orchestrators(): readonly string[];
  activities(): readonly string[];
}

export interface EpisodeContext {
  catalog: Catalog;
  /** Rejects with the orchestrator's error, whose message carries the library's state. */
  invokeOrchestrator(name: string, payload: string): Promise<unknown>;
  maxCustomStatusBytes: number;
}

const noState = 'it did not return the state of an orchestration';

const nothing = { decisions: [], cancelledTimers: new Set<number>() };

const failed = (output: string, failureDetails: FailureDetails | null = null): Verdict => ({
  ...nothing,
  ending: { kind: 'finished', status: 'Failed', output, failureDetails },
});

export const plainVerdict = (ending: Ending): Verdict => ({ ...nothing, ending });

const isNamed = (names: readonly string[], name: string) =>
  names.some((known) => known.toLowerCase() === name.toLowerCase());

/** Runs the orchestrator over its history and this episode's events, and says what follows from it. */
export async function decide(
  live: LiveInstance,
  newEvents: readonly HistoryEvent[],
  { catalog, invokeOrchestrator, maxCustomStatusBytes }: EpisodeContext,
): Promise<Verdict> {
  const { name } = live.record;
  const known = catalog.orchestrators();
  if (!isNamed(known, name)) return failed(unknownOrchestrator(name, known));
  const fail = (reason: string) => failed(orchestratorFailure(name, reason));

  let state: OrchestratorState;
  let threw = false;
  try {
    const returned = await invokeOrchestrator(name, triggerPayload(live, newEvents));
    if (!isOrchestratorState(returned)) return fail(noState);
    state = returned;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const found = stateOfFailure(message);
    if (!found) return fail(message);
    if (!isOrchestratorState(found)) return fail(noState);
    if (found.error === undefined)
      return fail(
        'it threw something that is not an Error; on Azure the instance would stay Running for ever',
      );
    state = found;
    threw = true;
  }

  let customStatus: string | undefined;
  if (state.customStatus !== undefined && state.customStatus !== null) {
    customStatus = JSON.stringify(state.customStatus);
    if (Buffer.byteLength(customStatus, 'utf16le') > maxCustomStatusBytes)
      return fail('The size of the JSON-serialized payload must not exceed 16 KB of UTF-16 text.');
  }

  let replayed: Replayed;
  try {
    replayed = replay([...live.history, ...newEvents], state.actions.flat());
  } catch (error) {
    if (error instanceof NonDeterminism) return failed(error.message);
    if (error instanceof UnsupportedStep) return fail(error.message);
    throw error;
  }
  const missing = missingFunction(replayed.decisions, catalog);
  if (missing !== undefined) return fail(missing);

  const isOver = replayed.finished && replayed.openTasks === 0;
  const verdict = {
    decisions: replayed.decisions,
    cancelledTimers: replayed.cancelledTimers,
    ...(customStatus !== undefined && { customStatus }),
  };
  if (!isOver) return { ...verdict, ending: { kind: 'waiting' } };
  if (threw) {
    const failureDetails = (state.failureDetails as FailureDetails | undefined) ?? null;
    const output = orchestratorFailure(name, state.error ?? '');
    return { ...verdict, ending: { kind: 'finished', status: 'Failed', output, failureDetails } };
  }
  if (!state.isDone)
    return fail(
      'it waits for a task that the host has already delivered or never scheduled (a task was yielded twice, or an event name differs in case); on Azure the instance would stay Running for ever',
    );
  if (replayed.continueAsNew) {
    const { input, carriedEvents } = replayed.continueAsNew;
    // A string was made JSON by the library already and becomes JSON again: it arrives with its quotes.
    const inputJson = input === undefined ? null : JSON.stringify(input);
    return { ...verdict, ending: { kind: 'continued', input: inputJson, carriedEvents } };
  }
  const output = state.output === undefined || state.output === null ? null : JSON.stringify(state.output);
  return { ...verdict, ending: { kind: 'finished', status: 'Completed', output } };
}

/** A call that no function answers leaves the instance Running for ever on Azure: here it fails at once. */
function missingFunction(decisions: readonly Decision[], catalog: Catalog): string | undefined {
  for (const decision of decisions) {
    if (decision.kind === 'timer') continue;
    const known = decision.kind === 'activity' ? catalog.activities() : catalog.orchestrators();
    if (isNamed(known, decision.name)) continue;
    const word = decision.kind === 'activity' ? 'activity' : 'sub-orchestrator';
    return `it calls the ${word} '${decision.name}', which is not registered (known: ${known.join(', ') || 'none'}); on Azure the instance would stay Running for ever`;
  }
  return undefined;
}

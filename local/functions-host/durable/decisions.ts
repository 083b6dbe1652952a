import { type EventOf, eventType } from './history.ts';

/** A step that the orchestrator takes for the first time, under its sequence id. */
export type Decision =
  | { kind: 'activity'; id: number; name: string; input: unknown }
  | { kind: 'timer'; id: number; fireAtMs: number }
  | {
      kind: 'sub-orchestration';
      id: number;
      name: string;
      instanceId: string | undefined;
      input: unknown;
      version: string;
    };

/** History and the orchestrator's code disagree; the message names both steps. */
export class NonDeterminism extends Error {}

type Scheduled = EventOf<'taskScheduled'> | EventOf<'subOrchestrationCreated'> | EventOf<'timerCreated'>;

const words = { activity: 'an activity', timer: 'a timer', 'sub-orchestration': 'a sub-orchestration' };

function describe(kind: Decision['kind'], name: string | undefined): string {
  return name === undefined ? words[kind] : `${words[kind]} '${name}'`;
}

/** Throws NonDeterminism unless the step replayed under the event's sequence id has its kind and name. */
export function checkAgainstHistory(event: Scheduled, decision: Decision | undefined): void {
  const kind =
    event.EventType === eventType.taskScheduled
      ? 'activity'
      : event.EventType === eventType.timerCreated
        ? 'timer'
        : 'sub-orchestration';
  const name = event.EventType === eventType.timerCreated ? undefined : event.Name;
  const decidedName = decision && decision.kind !== 'timer' ? decision.name : undefined;
  if (decision?.kind === kind && decidedName?.toLowerCase() === name?.toLowerCase()) return;
  throw new NonDeterminism(
    `Non-Deterministic workflow detected: a previous execution scheduled ${describe(kind, name)} with sequence ID ${event.EventId}, but the current replay ${
      decision ? `scheduled ${describe(decision.kind, decidedName)}` : 'has not scheduled any step'
    } there. Was the orchestrator's code changed after this instance had started, or does it read something that changes?`,
  );
}

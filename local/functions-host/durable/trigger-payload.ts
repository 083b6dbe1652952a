import { eventType, type HistoryEvent } from './history.ts';
import type { LiveInstance } from './instance.ts';

/** The longest .NET TimeSpan: no timer is cut into several, as on a storage back end without that limit. */
const maximumShortTimerDuration = '10675199.02:48:05.4775807';

const settings = JSON.stringify({
  upperSchemaVersion: 1,
  upperSchemaVersionNew: 3,
  maximumShortTimerDuration,
  longRunningTimerIntervalDuration: '3.00:00:00',
  // The misspelling is the extension's, and the library reads it.
  defaultHttpAsyncRequestSleepTimeMillseconds: 30_000,
}).slice(1);

const messageTypes: ReadonlySet<number> = new Set([
  eventType.executionStarted,
  eventType.taskCompleted,
  eventType.taskFailed,
  eventType.subOrchestrationCompleted,
  eventType.subOrchestrationFailed,
  eventType.timerFired,
  eventType.eventRaised,
  eventType.executionSuspended,
  eventType.executionResumed,
]);

/** An event as it is stored: a message counts as played from the next episode on. */
export function storedJson(event: HistoryEvent): string {
  return JSON.stringify(messageTypes.has(event.EventType) ? { ...event, IsPlayed: true } : event);
}

/** The orchestration trigger's data: the past, this episode's events, and the settings that the library reads. */
export function triggerPayload(
  { record, historyJson }: LiveInstance,
  newEvents: readonly HistoryEvent[],
): string {
  const fresh = newEvents.map((event) => JSON.stringify(event)).join(',');
  const past = historyJson === '' ? '' : `${historyJson},`;
  const identity = JSON.stringify({
    instanceId: record.id,
    isReplaying: historyJson !== '',
    parentInstanceId: record.parent?.OrchestrationInstance.InstanceId ?? null,
  }).slice(1, -1);
  return `{"history":[${past}${fresh}],"input":${record.input ?? 'null'},${identity},${settings}`;
}

import { eventName, eventType, type HistoryEvent } from './history.ts';
import type { InstanceRecord } from './instance.ts';

export interface StatusOptions {
  showInput: boolean;
  /** The history to show, or undefined for none. */
  history: readonly HistoryEvent[] | undefined;
  showHistoryOutput: boolean;
}

const seconds = (ms: number) => `${new Date(ms).toISOString().slice(0, 19)}Z`;

/** JSON text as its value; a failure or a termination reason is no JSON and stays a text. */
function valueOf(text: string | null): unknown {
  if (text === null) return null;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** One history entry as the HTTP API shows it: by name, and what was scheduled folded into its completion. */
function* shown(history: readonly HistoryEvent[], showOutput: boolean): Generator<Record<string, unknown>> {
  const scheduled = new Map(
    history.filter(({ EventId }) => EventId >= 0).map((event) => [event.EventId, event]),
  );
  for (const event of history) {
    const { EventType: type, Timestamp } = event;
    if (
      event.EventId >= 0 ||
      type === eventType.orchestratorStarted ||
      type === eventType.orchestratorCompleted
    )
      continue;
    const entry: Record<string, unknown> = { EventType: eventName(event), Timestamp };
    if ('TaskScheduledId' in event) {
      const origin = scheduled.get(event.TaskScheduledId);
      entry['ScheduledTime'] = origin?.Timestamp;
      if (origin && 'Name' in origin) entry['FunctionName'] = origin.Name;
    }
    if ('Name' in event) entry[type === eventType.executionStarted ? 'FunctionName' : 'Name'] = event.Name;
    if ('FireAt' in event) entry['FireAt'] = event.FireAt;
    if ('Reason' in event) entry['Reason'] = event.Reason;
    if (showOutput && 'Result' in event) entry['Result'] = valueOf(event.Result);
    yield entry;
  }
}

/** The status of an instance; `input` and `output` are null and never missing, or the library throws. */
export function statusBody(record: InstanceRecord, options: StatusOptions): Record<string, unknown> {
  return {
    name: record.name,
    instanceId: record.id,
    runtimeStatus: record.status,
    input: options.showInput ? valueOf(record.input) : null,
    customStatus: valueOf(record.customStatus),
    output: valueOf(record.output),
    createdTime: seconds(record.createdMs),
    lastUpdatedTime: seconds(record.updatedMs),
    ...(options.history && { historyEvents: [...shown(options.history, options.showHistoryOutput)] }),
  };
}

import type { LogLevel } from '../worker/app-log.ts';
import type { DurableTrace } from './trace.ts';

/** A trace as one line of the log, near to what the extension writes. */
export function traceLine({ event, instanceId, name, detail }: DurableTrace): {
  level: LogLevel;
  text: string;
} {
  if (event === 'engine-error')
    return {
      level: 'critical',
      text: `${instanceId}: the engine could not go on with '${name}': ${detail ?? ''}`,
    };
  if (event === 'activity-failed')
    return { level: 'warning', text: `${instanceId}: Function '${name} (Activity)' failed.` };
  const word = event === 'continued' ? 'continued as new' : event;
  return {
    level: event === 'failed' ? 'error' : 'information',
    text: `${instanceId}: Function '${name} (Orchestrator)' ${word}.`,
  };
}

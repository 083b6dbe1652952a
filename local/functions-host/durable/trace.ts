/** What happened, by names and ids; inputs and outputs are never part of it. */
export interface DurableTrace {
  event:
    | 'scheduled'
    | 'started'
    | 'completed'
    | 'failed'
    | 'terminated'
    | 'continued'
    | 'activity-failed'
    | 'engine-error';
  instanceId: string;
  /** Of the orchestrator, or of the activity that failed. */
  name: string;
  /** Of an engine error alone: its stack. */
  detail?: string;
}

import type { Child, OrchestrationContext, Step } from '../context.ts';

export interface RunInTurnInput {
  flow: string;
  children: Child<object>[];
}

/** One lane of many: runs a flow for each child, one after the other, and never fails itself. */
export function* runInTurn(
  context: OrchestrationContext,
  { flow, children }: RunInTurnInput,
): Step<{ failed: number }> {
  return { failed: yield* context.oneByOne(flow, children) };
}

import { join } from 'node:path';
import type { AgentState } from '#shared/protocol/agent-messages.ts';
import { writeDurably } from './durable-file.ts';

/**
 * Desired state as it was last read, for the support bundle alone: the keys are left out, and where it cannot be
 * written the bundle goes without.
 */
export function createKeptState(dataDirectory: string): (state: AgentState) => Promise<void> {
  let kept = '';
  return async (state) => {
    const text = JSON.stringify({ ...state, ticketKeys: undefined }, null, 2);
    if (text === kept) return;
    try {
      await writeDurably(join(dataDirectory, 'desired-state.json'), text);
      kept = text;
    } catch {}
  };
}

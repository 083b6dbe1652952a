import type { AgentState } from '#shared/protocol/agent-messages.ts';
import type { ControlPlane } from './control-plane.ts';
import { type Enrolment, isTurnedAway, isUnrecognised } from './enrolment.ts';

export interface RecognisedStateOptions {
  enrolment: Enrolment;
  controlPlane: Pick<ControlPlane, 'readState'>;
  signal: AbortSignal;
  /** It was known once and is not any more, and may not enrol either: the install is gone. */
  onTurnedAway(error: unknown): void;
}

/** Reads desired state as an agent that has enrolled; one that was forgotten enrols once more first. */
export function createRecognisedState(options: RecognisedStateOptions): () => Promise<AgentState> {
  const { enrolment, controlPlane, signal } = options;

  async function enrolAgain(): Promise<void> {
    enrolment.forget();
    try {
      await enrolment.ensure(signal);
    } catch (error) {
      if (isTurnedAway(error)) options.onTurnedAway(error);
      throw error;
    }
  }

  return async () => {
    await enrolment.ensure(signal);
    try {
      return await controlPlane.readState();
    } catch (error) {
      if (!isUnrecognised(error)) throw error;
    }
    await enrolAgain();
    return controlPlane.readState();
  };
}

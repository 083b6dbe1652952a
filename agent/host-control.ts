/** What became of it: `done` and `failure` say it in one sentence. */
type ControlOutcome = { done: string } | { failure: string };

/** The one thing that the agent changes on its machine, and only where somebody agreed to it (requirement 54). */
export interface HostControl {
  /**
   * Gives the Windows Admin Center that is on this machine the port, and restarts it. Safe to repeat; never rejects,
   * and ends within a minute or so.
   */
  takeOver(port: number): Promise<ControlOutcome>;
}

/** Elsewhere than on Windows there is none. */
export const nothingToControl: HostControl = {
  takeOver: async () => ({ failure: 'only Windows has a Windows Admin Center' }),
};

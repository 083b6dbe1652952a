import { AppError } from '#shared/domain/error.ts';
import type { SessionProbe } from '#shared/ports/session-probe.ts';

/** Handshakes without a network: `answer.thumbprint` is the leaf that every name shows. */
export function createMemorySessionProbe() {
  const tried: string[] = [];
  const answer: {
    thumbprint: string | undefined;
    failure?: (hostName: string) => Error;
    /** Happens while the handshake is under way. */
    meanwhile?: () => Promise<void>;
  } = { thumbprint: undefined };
  return {
    /** Host names in the order in which they were tried. */
    tried,
    answer,
    async tryHandshake(hostName: string) {
      tried.push(hostName);
      await answer.meanwhile?.();
      if (answer.failure) throw answer.failure(hostName);
      if (answer.thumbprint === undefined) throw new AppError('agent_offline', 'nothing answers');
      return { thumbprint: answer.thumbprint };
    },
  } satisfies SessionProbe & Record<string, unknown>;
}

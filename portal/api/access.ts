import type { Ask } from './client.ts';
import { machinePath } from './machines.ts';
import type { AccessReply, Me, PersonWithAccess } from './replies.ts';

/** The part of the HTTP API that says who may do what on a machine, and why. */
export function createAccessApi(ask: Ask) {
  let me: Promise<Me> | undefined;
  return {
    /** The signed-in person as the service knows him; asked once for a sign-in. */
    me: () => {
      me ??= ask('/api/me').then(
        ({ body }) => body as Me,
        (error: unknown) => {
          me = undefined;
          throw error;
        },
      );
      return me;
    },
    /** Of another principal by its object id; of the caller where it is empty. */
    access: async (id: string, principal: string, signal: AbortSignal) =>
      (
        await ask(`${machinePath(id)}/access${principal && `?${new URLSearchParams({ principal })}`}`, {
          signal,
        })
      ).body as AccessReply,
    accessPeople: async (id: string, signal: AbortSignal) =>
      ((await ask(`${machinePath(id)}/access/people`, { signal })).body as { value: PersonWithAccess[] })
        .value,
  };
}

export type AccessApi = ReturnType<typeof createAccessApi>;

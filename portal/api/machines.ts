import { type MachineQuestion, machineQuery } from '../model/machine-question.ts';
import type { Answer, Ask } from './client.ts';
import type {
  AddressesReply,
  ConnectReply,
  Extension,
  MachineListReply,
  MachineReply,
  OperationReply,
  Preconditions,
  Session,
} from './replies.ts';
import type { InstallWishes } from './wishes.ts';

/** The wait when an answer names none. */
const defaultWaitMs = 1000;

/** A long-running request, and when to look again (milliseconds). */
export interface WatchedOperation {
  operation: OperationReply;
  lookAgainMs: number;
}

/** Either the session's URL, or that it is still being opened. */
export type Connecting =
  | { state: 'open'; session: ConnectReply }
  | { state: 'opening'; sessionId: string; lookAgainMs: number };

export const machinePath = (id: string) => `/api/machines/${encodeURIComponent(id)}`;
/** What requirements are judged for: an install through the proxy, or straight to this address. */
export interface Intent {
  port?: number | undefined;
  direct?: string | undefined;
}

const intentQuery = ({ port, direct }: Intent): string =>
  direct === undefined ? '' : `?${new URLSearchParams({ direct, ...(port && { port: String(port) }) })}`;

const sessionPath = (id: string, sessionId: string) =>
  `${machinePath(id)}/sessions/${encodeURIComponent(sessionId)}`;

export const watched = ({ body, retryAfterMs }: Answer): WatchedOperation => ({
  operation: body as OperationReply,
  lookAgainMs: retryAfterMs ?? defaultWaitMs,
});

/** The machine's part of the HTTP API. The service checks its replies against the schemas these types come from. */
export function createMachinesApi(ask: Ask) {
  const get = async <Reply>(path: string, signal?: AbortSignal): Promise<Reply> =>
    (await ask(path, { ...(signal && { signal }) })).body as Reply;
  return {
    list: async (
      question: MachineQuestion,
      { signal, isCurrent }: { signal: AbortSignal; isCurrent: boolean },
    ) =>
      (await ask(`/api/machines${machineQuery(question)}`, { signal, isCurrent })).body as MachineListReply,
    read: (id: string, signal: AbortSignal) => get<MachineReply>(machinePath(id), signal),
    preconditions: (id: string, intent: Intent, signal: AbortSignal) =>
      get<Preconditions>(`${machinePath(id)}/preconditions${intentQuery(intent)}`, signal),
    addresses: (id: string, port: number, signal: AbortSignal) =>
      get<AddressesReply>(`${machinePath(id)}/addresses?port=${port}`, signal),
    extension: (id: string, signal: AbortSignal) => get<Extension>(`${machinePath(id)}/extension`, signal),
    add: async (resourceId: string) =>
      (await ask('/api/machines', { method: 'POST', body: { resourceId } })).body as MachineReply,
    install: async (id: string, wishes: InstallWishes) =>
      watched(await ask(`${machinePath(id)}/extension`, { method: 'PUT', body: wishes })),
    uninstall: async (id: string) => watched(await ask(`${machinePath(id)}/extension`, { method: 'DELETE' })),
    repair: async (id: string) => watched(await ask(`${machinePath(id)}/repairs`, { method: 'POST' })),
    operation: async (id: string, signal: AbortSignal) =>
      watched(await ask(`/api/operations/${encodeURIComponent(id)}`, { signal })),
    cancelOperation: async (id: string) =>
      watched(await ask(`/api/operations/${encodeURIComponent(id)}`, { method: 'DELETE' })),
    async connect(id: string): Promise<Connecting> {
      const answer = await ask(`${machinePath(id)}/sessions`, { method: 'POST', body: { service: 'WAC' } });
      if (answer.status !== 202) return { state: 'open', session: answer.body as ConnectReply };
      const { sessionId } = answer.body as { sessionId: string };
      return { state: 'opening', sessionId, lookAgainMs: answer.retryAfterMs ?? defaultWaitMs };
    },
    session: (id: string, sessionId: string) => get<Session>(sessionPath(id, sessionId)),
    async endSession(id: string, sessionId: string): Promise<void> {
      await ask(sessionPath(id, sessionId), { method: 'DELETE' });
    },
  };
}

export type MachinesApi = ReturnType<typeof createMachinesApi>;

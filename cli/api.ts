import { z } from 'zod';
import {
  connectReply,
  type connectRequest,
  machineListReply,
  machineReply,
  meReply,
  operationReply,
  preconditionsReply,
  sessionPendingReply,
  sessionReply,
} from '#shared/protocol/api.ts';
import type { Call } from './http-client.ts';

const machinePath = (id: string) => `/api/machines/${encodeURIComponent(id)}`;
const sessionPath = (id: string, sessionId: string) =>
  `${machinePath(id)}/sessions/${encodeURIComponent(sessionId)}`;

export type Api = ReturnType<typeof createApi>;
export type Service = z.output<typeof connectRequest>['service'];

/** The routes of the HTTP API that commands use, each with the schema of its reply. */
export const createApi = (call: Call) => ({
  me: () => call('GET', '/api/me', meReply),
  listMachines: () => call('GET', '/api/machines', machineListReply),
  addMachine: (resourceId: string) => call('POST', '/api/machines', machineReply, { resourceId }),
  getMachine: (id: string) => call('GET', machinePath(id), machineReply),
  getPreconditions: (id: string) => call('GET', `${machinePath(id)}/preconditions`, preconditionsReply),
  install: (id: string, port: number | undefined) =>
    call('PUT', `${machinePath(id)}/extension`, operationReply, port === undefined ? {} : { port }),
  uninstall: (id: string) => call('DELETE', `${machinePath(id)}/extension`, operationReply),
  getOperation: (id: string) => call('GET', `/api/operations/${encodeURIComponent(id)}`, operationReply),
  connect: (id: string, service: Service) =>
    call('POST', `${machinePath(id)}/sessions`, z.union([connectReply, sessionPendingReply]), { service }),
  getSession: (id: string, sessionId: string) => call('GET', sessionPath(id, sessionId), sessionReply),
  revokeSession: (id: string, sessionId: string) => call('DELETE', sessionPath(id, sessionId), z.undefined()),
});

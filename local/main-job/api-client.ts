import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import {
  connectReply,
  machineReply,
  type OperationReply,
  operationReply,
  type Problem,
  sessionReply,
} from '#shared/protocol/api.ts';

/** A refusal of the API: the problem that it sent. */
class ApiProblem extends Error {
  readonly problem: Problem;
  constructor(problem: Problem) {
    super(`${problem.title} (${problem.code}, hop: ${problem.hop}): ${problem.detail} ${problem.remedy}`);
    this.problem = problem;
  }
}

export type ApiClient = ReturnType<typeof createApiClient>;

/** The HTTP API as one signed-in person uses it. */
export function createApiClient(origin: string, token: string) {
  async function call<S extends z.ZodType>(
    method: string,
    path: string,
    schema: S,
    body?: object,
  ): Promise<z.output<S>> {
    const response = await fetch(`${origin}${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const isProblem = response.headers.get('content-type')?.startsWith('application/problem+json');
    if (isProblem) throw new ApiProblem(JSON.parse(text) as Problem);
    if (!response.ok) throw new Error(`${method} ${path} answered ${response.status} ${text.slice(0, 200)}`);
    return schema.parse(text === '' ? undefined : JSON.parse(text));
  }

  return {
    addMachine: (resourceId: string) => call('POST', '/api/machines', machineReply, { resourceId }),
    getMachine: (id: string) => call('GET', `/api/machines/${id}`, machineReply),
    install: (id: string, port: number) =>
      call('PUT', `/api/machines/${id}/extension`, operationReply, { port }),
    connect: (id: string) => call('POST', `/api/machines/${id}/sessions`, connectReply, { service: 'WAC' }),
    getSession: (id: string, sessionId: string) =>
      call('GET', `/api/machines/${id}/sessions/${sessionId}`, sessionReply),

    revoke: (id: string, sessionId: string) =>
      call('DELETE', `/api/machines/${id}/sessions/${sessionId}`, z.undefined()),

    getOperation: (id: string) => call('GET', `/api/operations/${id}`, operationReply),

    /** Asks until the operation has ended; every answer that differs from the one before is shown. */
    async follow(
      operation: OperationReply,
      show: (operation: OperationReply) => void,
    ): Promise<OperationReply> {
      let last = operation;
      show(last);
      while (last.status === 'running') {
        await sleep(50);
        const next = await call('GET', `/api/operations/${operation.id}`, operationReply);
        if (JSON.stringify(next) !== JSON.stringify(last)) show(next);
        last = next;
      }
      return last;
    },
  };
}

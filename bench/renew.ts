import { setTimeout as sleep } from 'node:timers/promises';
import { type OperationReply, operationReply } from '#shared/protocol/api.ts';

/** Long enough for a slow machine; an operation that takes longer is a finding and ends the bench. */
const patienceMs = 120_000;
/** Each look costs the app a request, so not before most are done, and not too often then. */
const firstLookMs = 400;
const lookMs = 250;

/** `POST .../certificate/renewals`, and asks until the operation has ended. Throws unless it succeeded. */
export async function renew(api: string, token: string, machineId: string): Promise<OperationReply> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const ask = async (path: string, init: RequestInit): Promise<OperationReply> => {
    const response = await fetch(`${api}${path}`, { ...init, headers });
    const text = await response.text();
    if (!response.ok) throw new Error(`${path} answered ${response.status} ${text.slice(0, 300)}`);
    return operationReply.parse(JSON.parse(text));
  };
  const deadline = performance.now() + patienceMs;
  let operation = await ask(`/api/machines/${machineId}/certificate/renewals`, {
    method: 'POST',
    body: '{}',
  });
  for (let look = 0; operation.status === 'running'; look += 1) {
    if (performance.now() > deadline) throw new Error(`the renewal ${operation.id} does not end`);
    await sleep(look === 0 ? firstLookMs : lookMs);
    operation = await ask(`/api/operations/${operation.id}`, {});
  }
  if (operation.status !== 'succeeded') {
    const { error } = operation;
    throw new Error(
      `the renewal ended ${operation.status}${error ? `: ${error.code}: ${error.detail}` : ''}`,
    );
  }
  return operation;
}

/** Milliseconds by the app's own clock, so that our looks add nothing. */
export const durationOf = ({ createdAt, endedAt }: OperationReply): number =>
  Date.parse(endedAt ?? createdAt) - Date.parse(createdAt);

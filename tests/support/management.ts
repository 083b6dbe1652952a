import type { Fault } from '#local/kit/faults.ts';
import type { Connection } from '#local/run/connection.ts';

/** The twin's management API as a test uses it: faults by stand-in and operation, counts of calls, the clock. */
export function createManagementClient({ management }: Pick<Connection, 'management'>) {
  async function call(method: string, path: string, body?: object): Promise<unknown> {
    const response = await fetch(`${management.url}${path}`, {
      method,
      headers: { authorization: `Bearer ${management.token}` },
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path} answered ${response.status} ${text}`);
    return text === '' ? undefined : JSON.parse(text);
  }
  return {
    async setFault(standIn: string, operation: string, fault: Fault): Promise<void> {
      await call('PUT', `/faults/${standIn}/${operation}`, fault);
    },
    async clearFaults(): Promise<void> {
      await call('DELETE', '/faults');
    },
    async calls(standIn: string, operation: string): Promise<number> {
      const all = (await call('GET', '/calls')) as Record<string, Record<string, number>>;
      return all[standIn]?.[operation] ?? 0;
    },
    /** What time the twin has, in milliseconds since the epoch. */
    async now(): Promise<number> {
      const { now } = (await call('GET', '/clock')) as { now: string };
      return Date.parse(now);
    },
    /** Only under the manual clock. */
    async advance(ms: number): Promise<void> {
      await call('POST', '/clock/advance', { ms: Math.ceil(ms) });
    },
  };
}

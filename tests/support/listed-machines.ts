import { expect } from 'vitest';
import { registerMachineList } from '#functions/http/machine-list.ts';
import { registerMachines } from '#functions/http/machines.ts';
import { createManualClock } from '#local/kit/clock.ts';
import type { RoleGrant } from '#shared/domain/access.ts';
import type {
  AgentDocument,
  AnyDocument,
  CertificateDocument,
  MachineDocument,
} from '#shared/domain/documents.ts';
import { machineIdOf } from '#shared/domain/machine-name.ts';
import { type MachineListReply, machineListReply } from '#shared/protocol/machine-list-api.ts';
import { callFunction } from './function-app.ts';
import { createMemoryPorts, subscriptionId, tenantId } from './memory-ports.ts';
import { administrator, grant, machine } from './sample-machine.ts';

const clock = createManualClock(Date.parse('2026-11-01T12:00:00.000Z'));
export const group = `/subscriptions/${subscriptionId}/resourceGroups`;
export const idOfName = (name: string, at = 'rg-one') =>
  `${group}/${at}/providers/Microsoft.HybridCompute/machines/${name}`;
const reads: Partial<RoleGrant['permissions'][number]> = {
  actions: ['Microsoft.HybridCompute/machines/read', 'Microsoft.Compute/virtualMachines/read'],
};
/** Milliseconds from the list's present. */
export const iso = (ms: number) => new Date(clock.now() + ms).toISOString();

export const agentOf = (machineId: string, changes: Partial<AgentDocument> = {}): AgentDocument => ({
  type: 'agent',
  machineId,
  signingKey: '{}',
  encryptionKey: '{}',
  enrolledAt: iso(0),
  reportSequence: 1,
  connected: true,
  lastSeenAt: iso(-1000),
  ...changes,
});
export const certificateOf = (machineId: string): CertificateDocument => ({
  type: 'certificate',
  machineId,
  state: 'served',
  custody: 'vault',
  leaf: {
    thumbprint: 'ab',
    serialNumber: '01',
    notBefore: iso(-86_400_000),
    notAfter: iso(60 * 86_400_000),
    machineName: 'n',
    hostNames: [],
    custody: 'vault',
    version: '1',
    issuedBy: { name: 'a', authority: 'https://a.test', account: 'b' },
    issuedAt: iso(-86_400_000),
    servedAt: iso(-86_000_000),
  },
});
/** What makes a machine that is installed, and one that is ready. */
export const installed = { extension: { state: 'installed' as const, port: 6516 } };
export const ready = { machine: installed, related: (id: string) => [agentOf(id), certificateOf(id)] };

interface Given {
  machine?: Partial<MachineDocument>;
  related?: (machineId: string) => AnyDocument[];
  /** Resource group. */
  at?: string;
}

export const namesOf = ({ value }: MachineListReply) => value.map(({ name }) => name);

/** The machine list over ports in memory, asked by a reader of the subscription. `renew` before each test. */
export function createListedMachines() {
  let memory = createMemoryPorts(clock);
  registerMachineList(() => memory.ports);
  registerMachines(() => memory.ports);

  const ask = (query = '', { token = 'token', ...headers }: Record<string, string> = {}) =>
    callFunction('listMachines', {
      path: `/api/machines${query}`,
      headers: { ...(token && { authorization: `Bearer ${token}` }), ...headers },
    });
  const maySee = (scope = `/subscriptions/${subscriptionId}`) =>
    memory.roles.held.set(administrator.id, { grants: [grant('Reader', reads, scope)], denials: [] });

  return {
    clock,
    ask,
    maySee,
    memory: () => memory,
    renew() {
      clock.advance(60_000);
      memory = createMemoryPorts(clock);
      memory.callers.set('token', { ...administrator, tenantId, isApplication: false, roles: [] });
      maySee();
    },
    async put(name: string, { machine: changes, related = () => [], at }: Given = {}): Promise<string> {
      const resourceId = idOfName(name, at);
      const machineId = machineIdOf(resourceId);
      await memory.store.commit(machineId, [
        { put: { ...machine, machineId, resourceId, displayName: name, ...changes } },
        ...related(machineId).map((document) => ({ put: document })),
      ]);
      return machineId;
    },
    /** A page, checked against its schema. */
    async list(query = '', headers: Record<string, string> = {}): Promise<MachineListReply> {
      const { status, body } = await ask(query, headers);
      expect({ status, body: status === 200 ? '' : body }).toEqual({ status: 200, body: '' });
      expect(machineListReply.parse(body)).toEqual(body);
      return body as MachineListReply;
    },
    /** The fields that a refusal names. */
    async refusedField(query: string): Promise<string> {
      const { status, body } = await ask(query);
      const { code, errors } = JSON.parse(String(body)) as { code: string; errors: { field: string }[] };
      expect({ status, code }).toEqual({ status: 400, code: 'invalid_request' });
      return errors.map(({ field }) => field).join();
    },
  };
}

import { exportJWK, generateKeyPair } from 'jose';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { registerAgent } from '#functions/http/agent.ts';
import { presenceOf } from '#functions/http/machine-view.ts';
import { readSettings } from '#functions/settings.ts';
import { createManualClock } from '#local/kit/clock.ts';
import type { AgentDocument } from '#shared/domain/documents.ts';
import { agentState } from '#shared/protocol/agent-messages.ts';
import { signAgentCall } from '#shared/protocol/agent-token.ts';
import { callFunction } from '../../support/function-app.ts';
import { createMemoryPorts, environment, type MemoryPorts } from '../../support/memory-ports.ts';
import { addMachine, machineId } from '../../support/sample-machine.ts';

const path = '/api/agent/state';
const clock = createManualClock(Date.parse('2026-11-01T00:00:00.000Z'));
const signing = await generateKeyPair('ES256');
let memory: MemoryPorts;
let agent: AgentDocument;

beforeAll(() => registerAgent(() => memory.ports));

beforeEach(async () => {
  memory = createMemoryPorts(clock);
  const { x, y } = await exportJWK(signing.publicKey);
  const key = JSON.stringify({ kty: 'EC', crv: 'P-256', x, y });
  agent = {
    type: 'agent',
    machineId,
    signingKey: key,
    encryptionKey: key,
    enrolledAt: new Date(clock.now()).toISOString(),
    reportSequence: 0,
  };
  await addMachine(memory);
  await memory.store.commit(machineId, [{ put: agent }]);
});

async function readState() {
  const call = { method: 'GET', url: `https://api.test${path}`, body: new Uint8Array() };
  const token = await signAgentCall(signing.privateKey, machineId, call, Math.floor(clock.now() / 1000));
  const { body } = await callFunction('agentState', { path, headers: { authorization: `Bearer ${token}` } });
  return agentState.parse(body);
}

describe('what an agent is told to reach', () => {
  it('requirements 22, 29 and 31: is the service, its bus and its relay', async () => {
    expect((await readState()).egress).toEqual(['api.test:443', 'bus.test:443', 'relay.test:443']);
  });

  it('requirement 30: has the platform’s hosts too, of its own region alone', async () => {
    memory.ports.settings = readSettings({
      ...environment,
      ADMIN_CENTER_PLATFORM_HOSTS: 'pas.test,westeurope=n-west.test,eastus=n-east.test',
    });
    expect((await readState()).egress?.slice(3)).toEqual(['pas.test:443', 'n-west.test:443']);
  });
});

describe('who services take a visitor for', () => {
  it('requirement C3: is told where it was chosen, and left to the default where not', async () => {
    expect(await readState()).not.toHaveProperty('signIn');
    const machine = await memory.store.read(machineId, 'machine');
    if (!machine) throw new Error('there is no machine');
    await memory.store.commit(machineId, [{ put: { ...machine.document, signIn: 'local' } }]);
    expect((await readState()).signIn).toBe('local');
  });
});

describe('where an agent is told to listen', () => {
  it('requirement 83: is on the chosen address with the port of the service, and nowhere without one', async () => {
    const machine = await memory.store.read(machineId, 'machine');
    if (!machine) throw new Error('the machine is gone');
    const reach = { mode: 'direct', address: '203.0.113.7', isPublic: true, listenOn: '10.0.0.4' } as const;
    const put = (services: { WAC?: number }) =>
      memory.store.commit(machineId, [
        { put: { ...machine.document, reach, endpoint: { enabled: true, services } } },
      ]);
    await put({ WAC: 6516 });
    expect((await readState()).direct).toEqual({ address: '10.0.0.4', port: 6516 });
    await put({});
    expect(await readState()).not.toHaveProperty('direct');
  });
});

describe('what an agent did not reach', () => {
  it('requirement 114: stands in its machine’s presence once it has tried', () => {
    const unreachable = [{ host: 'bus.test:443', reason: 'it refuses the connection' }];
    const now = new Date(clock.now());
    const tried = { ...agent, egress: { checkedAt: now.toISOString(), unreachable } };
    expect(presenceOf(tried, now)).toMatchObject({ unreachable });
    expect(presenceOf(agent, now)).not.toHaveProperty('unreachable');
  });
});

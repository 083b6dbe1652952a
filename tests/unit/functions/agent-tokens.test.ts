import { exportJWK, generateKeyPair } from 'jose';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { registerAgent } from '#functions/http/agent.ts';
import { createManualClock } from '#local/kit/clock.ts';
import type { MachineDocument } from '#shared/domain/documents.ts';
import { reverse } from '#shared/domain/reach.ts';
import { agentTokens } from '#shared/protocol/agent-messages.ts';
import { signAgentCall } from '#shared/protocol/agent-token.ts';
import { callFunction } from '../../support/function-app.ts';
import { createMemoryPorts, type MemoryPorts } from '../../support/memory-ports.ts';
import { addMachine, machineId } from '../../support/sample-machine.ts';

const path = '/api/agent/tokens';
const clock = createManualClock(Date.parse('2026-11-01T00:00:00.000Z'));
const signing = await generateKeyPair('ES256');
const direct = { mode: 'direct', address: '203.0.113.7', isPublic: true, listenOn: '10.0.0.4' } as const;
const [present, next] = ['a'.repeat(26), 'b'.repeat(26)];
let memory: MemoryPorts;

beforeAll(() => registerAgent(() => memory.ports));
beforeEach(() => {
  memory = createMemoryPorts(clock);
});

/** A machine whose names have these relay connections, and what its agent is answered. */
async function ask(changes: Partial<MachineDocument>, connections: string[]) {
  await addMachine(memory, { machineName: present, ...changes });
  for (const name of connections) memory.relay.connections.add(name);
  const { x, y } = await exportJWK(signing.publicKey);
  const key = JSON.stringify({ kty: 'EC', crv: 'P-256', x, y });
  const enrolledAt = new Date(clock.now()).toISOString();
  const agent = {
    type: 'agent',
    machineId,
    signingKey: key,
    encryptionKey: key,
    enrolledAt,
    reportSequence: 0,
  } as const;
  await memory.store.commit(machineId, [{ put: agent }]);
  const call = { method: 'POST', url: `https://api.test${path}`, body: new Uint8Array() };
  const token = await signAgentCall(signing.privateKey, machineId, call, Math.floor(clock.now() / 1000));
  const headers = { authorization: `Bearer ${token}` };
  const { status, body } = await callFunction('agentTokens', { method: 'POST', path, headers });
  return { status, relays: status === 200 ? agentTokens.parse(body).relays : undefined, body };
}
const moving = { machineName: next, salt: 's', keyVersion: '1' };

describe('the tokens of an agent', () => {
  it('are for the path of each name that goes through the proxy', async () => {
    const { relays } = await ask({ nextName: moving }, [present, next]);
    expect(Object.keys(relays ?? {})).toEqual([present, next]);
  });

  it('are for no path in direct mode, and the agent has those of its queues all the same', async () => {
    const { status, relays, body } = await ask({ reach: direct }, []);
    expect([status, relays]).toEqual([200, {}]);
    expect(agentTokens.parse(body)).toMatchObject({ relay: '', events: expect.stringMatching(/./) });
  });

  it('are for the old path alone on the way to direct mode, and for the new one alone on the way back', async () => {
    const { relays } = await ask({ nextName: moving, nextReach: direct }, [present]);
    expect(Object.keys(relays ?? {})).toEqual([present]);
    memory = createMemoryPorts(clock);
    const back = await ask({ reach: direct, nextName: moving, nextReach: reverse }, [next]);
    expect(Object.keys(back.relays ?? {})).toEqual([next]);
  });

  it('pass over a name on its way out that has no path any more, and not over the present one', async () => {
    const retiredNames = [{ machineName: next, until: '2026-11-01T01:00:00.000Z' }];
    expect((await ask({ retiredNames }, [present])).relays).toHaveProperty(present);
    memory = createMemoryPorts(clock);
    expect((await ask({ retiredNames }, [next])).status).toBe(502);
  });
});

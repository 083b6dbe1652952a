import { describe, expect, it } from 'vitest';
import { registerMachines } from '#functions/http/machines.ts';
import { createManualClock } from '#local/kit/clock.ts';
import { meReply } from '#shared/protocol/api.ts';
import { callFunction } from '../../support/function-app.ts';
import { createMemoryPorts, tenantId } from '../../support/memory-ports.ts';
import { administrator } from '../../support/sample-machine.ts';

const memory = createMemoryPorts(createManualClock(0));
registerMachines(() => memory.ports);
memory.callers.set('token', { ...administrator, tenantId, isApplication: false, roles: [] });

async function addressSeen(forwarded?: string): Promise<string | null> {
  const { status, body } = await callFunction('getMe', {
    headers: {
      authorization: 'Bearer token',
      ...(forwarded !== undefined && { 'x-forwarded-for': forwarded }),
    },
  });
  expect(status).toBe(200);
  return meReply.parse(body).address;
}

/** What front ends write: with and without a port, in brackets or not, one hop or several. */
const forms: [string, string][] = [
  ['203.0.113.7', '203.0.113.7'],
  ['203.0.113.7:52114', '203.0.113.7'],
  ['203.0.113.7:52114, 10.0.0.1', '203.0.113.7'],
  ['  203.0.113.7 ,10.0.0.1:80', '203.0.113.7'],
  ['2001:db8::7', '2001:db8::7'],
  ['[2001:db8::7]', '2001:db8::7'],
  ['[2001:db8::7]:52114', '2001:db8::7'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2:3:4:5:6'],
  ['[2001:db8::7]:52114, 203.0.113.9', '2001:db8::7'],
];

describe('who I am', () => {
  it.each(forms)('requirement 136: the address behind %j is %s', async (forwarded, address) => {
    expect(await addressSeen(forwarded)).toBe(address);
  });

  it.each([undefined, '', ' , 10.0.0.1', 'unknown', '_hidden:443', '203.0.113.7.example'])(
    'requirement 136: no address is guessed from %j',
    async (forwarded) => {
      expect(await addressSeen(forwarded)).toBeNull();
    },
  );

  it('needs a token', async () => {
    expect((await callFunction('getMe')).status).toBe(401);
  });
});

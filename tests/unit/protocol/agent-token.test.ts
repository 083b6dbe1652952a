import { SignJWT } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  type AgentCall,
  claimedMachineId,
  signAgentCall,
  verifyAgentCall,
} from '#shared/protocol/agent-token.ts';
import { type KeyPair, machineId, newKeys, nowSeconds } from './keys.ts';

const call: AgentCall = {
  method: 'POST',
  url: 'https://api.test/api/agent/tokens?x=1',
  body: Buffer.from('{}'),
};
const otherMachine = 'a'.repeat(26);
let keys: KeyPair;
let others: KeyPair;
let token: string;

beforeAll(async () => {
  [keys, others] = await Promise.all([newKeys('ES256'), newKeys('ES256')]);
  token = await signAgentCall(keys.privateKey, machineId, call, nowSeconds);
});

const verify = (changes: Partial<AgentCall> = {}, at = nowSeconds, given = token, machine = machineId) =>
  verifyAgentCall(keys.publicKey, machine, given, { ...call, ...changes }, at);
const refused = { code: 'agent_token_invalid' };

describe('a call of an agent', () => {
  it('is accepted as it was signed, whatever the case of its method', async () => {
    await expect(verify()).resolves.toBeUndefined();
    await expect(verify({ method: 'post' })).resolves.toBeUndefined();
  });

  it.each<[string, Partial<AgentCall>]>([
    ['another method', { method: 'GET' }],
    ['another path', { url: 'https://api.test/api/agent/state' }],
    ['another query', { url: 'https://api.test/api/agent/tokens?x=2' }],
    ['another host', { url: 'https://api.example/api/agent/tokens?x=1' }],
    ['another body', { body: Buffer.from('{ }') }],
    ['no body', { body: new Uint8Array() }],
  ])('is refused for %s', async (_, changes) => {
    await expect(verify(changes)).rejects.toMatchObject(refused);
  });

  it('is refused under another machine’s name and under another key', async () => {
    await expect(verify({}, nowSeconds, token, otherMachine)).rejects.toMatchObject(refused);
    const foreign = await signAgentCall(others.privateKey, machineId, call, nowSeconds);
    await expect(verify({}, nowSeconds, foreign)).rejects.toMatchObject(refused);
  });

  it.each([
    ['30 seconds before it was signed', -30, true],
    ['31 seconds before', -31, false],
    ['89 seconds after', 89, true],
    ['91 seconds after', 91, false],
    ['a day after', 86_400, false],
  ])('%s it is accepted: %s', async (_, seconds, accepted) => {
    const verdict = verify({}, nowSeconds + seconds).then(
      () => true,
      () => false,
    );
    expect(await verdict).toBe(accepted);
  });

  it('may not give itself a longer life than a minute', async () => {
    const long = await new SignJWT({ bh: JSON.parse(atob(token.split('.')[1] ?? ''))['bh'] })
      .setProtectedHeader({ alg: 'ES256', typ: 'agent-call+jwt' })
      .setIssuer(machineId)
      .setAudience(`${call.method} ${call.url}`)
      .setIssuedAt(nowSeconds)
      .setExpirationTime(nowSeconds + 86_400)
      .sign(keys.privateKey);
    await expect(verify({}, nowSeconds, long)).resolves.toBeUndefined();
    await expect(verify({}, nowSeconds + 3_600, long)).rejects.toMatchObject(refused);
  });

  it('is no other token that the key has signed', async () => {
    const report = await new SignJWT({ bh: 'x' })
      .setProtectedHeader({ alg: 'ES256', typ: 'agent-report+jws' })
      .setIssuer(machineId)
      .setAudience(`${call.method} ${call.url}`)
      .setIssuedAt(nowSeconds)
      .setExpirationTime(nowSeconds + 60)
      .sign(keys.privateKey);
    await expect(verify({}, nowSeconds, report)).rejects.toMatchObject(refused);
  });

  it.each(['', 'a.b.c', 'not a token', '..'])('is refused as %j', async (text) => {
    await expect(verify({}, nowSeconds, text)).rejects.toMatchObject(refused);
  });
});

describe('the machine that a token claims', () => {
  const claiming = (claims: unknown) => `x.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.x`;

  it('is read without a check, to find the key', () => {
    expect(claimedMachineId(token)).toBe(machineId);
  });

  it.each([
    ['text that is no token', 'nothing'],
    ['a token without claims', 'a..c'],
    ['null', claiming(null)],
    ['a number', claiming({ iss: 7 })],
    ['a name that is no machine id', claiming({ iss: 'revocations' })],
    ['a path', claiming({ iss: `../${machineId}` })],
    ['nothing at all', ''],
  ])('is undefined for %s', (_, text) => {
    expect(claimedMachineId(text)).toBeUndefined();
  });
});

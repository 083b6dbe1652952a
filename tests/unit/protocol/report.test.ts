import { CompactSign } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import { hostCheckIds } from '#shared/domain/host-check.ts';
import { type AgentReport, reportEnvelope } from '#shared/protocol/agent-messages.ts';
import { signReport, verifyReport } from '#shared/protocol/report.ts';
import { type KeyPair, machineId, newKeys } from './keys.ts';

const report: AgentReport = {
  machineId,
  sequence: 1_790_000_000_000,
  at: '2026-10-01T12:00:00.000Z',
  agentVersion: '0.1.0',
  kind: 'serving',
  servingThumbprint: 'ab'.repeat(32),
  relayConnected: true,
  blockedServices: ['SSH'],
};
let keys: KeyPair;
let others: KeyPair;

beforeAll(async () => {
  [keys, others] = await Promise.all([newKeys('ES256'), newKeys('ES256')]);
});

const verify = (jws: string, last = 0, machine = machineId) =>
  verifyReport(keys.publicKey, machine, jws, last);
const signed = (payload: string, typ = 'agent-report+jws') =>
  new CompactSign(new TextEncoder().encode(payload))
    .setProtectedHeader({ alg: 'ES256', typ })
    .sign(keys.privateKey);
const refusal = (message: string) => ({ code: 'report_refused', message: expect.stringContaining(message) });

describe('a report', () => {
  it('is read when the enrolled key signed it and it is newer than the last', async () => {
    expect(await verify(await signReport(keys.privateKey, report), report.sequence - 1)).toEqual(report);
  });

  it('fits in its envelope with the longest of everything that may be found on a machine', async () => {
    const longest: AgentReport = {
      ...report,
      egress: {
        checkedAt: report.at,
        unreachable: Array.from({ length: 20 }, () => ({ host: 'h'.repeat(300), reason: 'r'.repeat(120) })),
      },
      checks: hostCheckIds.map((id) => ({ id, ok: false, found: '\n'.repeat(160), next: 'n'.repeat(160) })),
      detail: 'd'.repeat(500),
    };
    const jws = await signReport(keys.privateKey, longest);
    expect(reportEnvelope.parse({ jws })).toEqual({ jws });
    expect(await verify(jws)).toEqual(longest);
  });

  it('that is forged is refused', async () => {
    const forged = await signReport(others.privateKey, report);
    await expect(verify(forged)).rejects.toMatchObject(refusal('not by the enrolled key'));
  });

  it('that was changed on its way is refused', async () => {
    const [header, , signature] = (await signReport(keys.privateKey, report)).split('.');
    const payload = Buffer.from(JSON.stringify({ ...report, kind: 'stopping' })).toString('base64url');
    await expect(verify(`${header}.${payload}.${signature}`)).rejects.toMatchObject(
      refusal('not by the enrolled key'),
    );
  });

  it('of another machine is refused, although its signature is good', async () => {
    const foreign = await signReport(keys.privateKey, { ...report, machineId: 'a'.repeat(26) });
    await expect(verify(foreign)).rejects.toMatchObject(refusal('another machine'));
  });

  it.each([
    ['the last', 0],
    ['one before the last', 1],
  ])('that repeats %s is refused', async (_, behind) => {
    const jws = await signReport(keys.privateKey, report);
    await expect(verify(jws, report.sequence + behind)).rejects.toMatchObject(refusal('repetition'));
  });

  it.each([
    ['is no JSON', 'boom'],
    ['is empty', ''],
    ['is not an object', '7'],
    ['lacks its sequence', JSON.stringify({ ...report, sequence: undefined })],
    ['has a sequence that is no whole number', JSON.stringify({ ...report, sequence: 1.5 })],
    ['is of an unknown kind', JSON.stringify({ ...report, kind: 'takeover' })],
    ['blocks an unknown service', JSON.stringify({ ...report, blockedServices: ['RDP'] })],
  ])('that %s is refused, so that nobody delivers it again and again', async (_, payload) => {
    await expect(verify(await signed(payload))).rejects.toMatchObject(refusal('agreed shape'));
  });

  it('is no other token that the key has signed', async () => {
    const call = await signed(JSON.stringify(report), 'agent-call+jwt');
    await expect(verify(call)).rejects.toMatchObject(refusal('no report'));
  });

  it.each(['', 'a.b.c', 'x'.repeat(8192)])('is refused as text that nobody signed', async (text) => {
    await expect(verify(text)).rejects.toMatchObject({ code: 'report_refused' });
  });

  it('is refused when the key on record is no point of the curve', async () => {
    const jws = await signReport(keys.privateKey, report);
    const broken = { ...keys.publicKey, y: 'A'.repeat(43) };
    await expect(verifyReport(broken, machineId, jws, 0)).rejects.toMatchObject({ code: 'report_refused' });
  });
});

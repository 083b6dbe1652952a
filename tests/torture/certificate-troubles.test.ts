import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Fault } from '#local/kit/faults.ts';
import type { OperationReply } from '#shared/protocol/api.ts';
import { type CertificateClient, createCertificateClient } from '../support/certificate-client.ts';
import { installOn } from '../support/install.ts';
import { createManagementClient } from '../support/management.ts';
import { machineAt, type SystemUnderTest, startOwn } from '../support/system.ts';
import { createZoneAndVault } from '../support/zone-and-vault.ts';

const acme = 'certificate-authority';
const minuteMs = 60_000;
/** Real time; a machine that is told of its certificate takes a second. */
const longestMs = 40_000;

/**
 * What authorities and name servers do to a client, over the real wires under the manual clock. In the end the machine
 * has its new certificate; on the way state and dates are as `docs/certificates.md` says. Handshakes are not looked at:
 * OpenSSL reads no clock but its own, and the agent's signed report counts.
 */
describe('a renewal in trouble', () => {
  let system: SystemUnderTest;
  let management: ReturnType<typeof createManagementClient>;
  let certificate: CertificateClient;
  let before: string | undefined;

  beforeAll(async () => {
    system = await startOwn('manual');
    management = createManagementClient(system.connection);
    const { machineId } = await installOn(await system.as('Administrator'), machineAt(system, 0));
    // Hours pass here, and a token lives for one.
    const token = async () => (await system.as('Administrator')).token;
    certificate = createCertificateClient(system.baseUrl, machineId, token);
  });
  afterAll(() => system?.stop());
  afterEach(() => management.clearFaults());

  const fault = (standIn: string, operation: string, what: Fault) =>
    management.setFault(standIn, operation, what);
  const orders = () => management.calls(acme, 'newOrder');

  /** Renews to the operation's end; while it is not issued time goes by in steps, so that nobody waits for a pause. */
  async function renew(stepMs = 20_000): Promise<OperationReply> {
    before = (await certificate.read()).leaf?.thumbprint;
    const begun = await certificate.renew();
    let operation = begun;
    await expect
      .poll(
        async () => {
          operation = await certificate.operation(begun.id);
          const isIssuing = operation.steps[0]?.status !== 'succeeded';
          if (operation.status === 'running' && isIssuing) await management.advance(stepMs);
          return operation.status;
        },
        { timeout: longestMs, interval: 1_000 },
      )
      .not.toBe('running');
    return operation;
  }

  /** The sweep's doing: the clock goes to the date that the record names, then minute by minute until it is issued. */
  async function expectRenewed(): Promise<void> {
    const { dueAt, state } = await certificate.read();
    if (state === 'waiting')
      await management.advance(Math.max(0, Date.parse(dueAt ?? '') - (await management.now())));
    const last = async () => {
      const now = await certificate.read();
      if (now.state === 'waiting') await management.advance(minuteMs);
      return { ...now, isNew: now.leaf?.thumbprint !== before };
    };
    await expect
      .poll(last, { timeout: longestMs, interval: 1_000 })
      .toMatchObject({ state: 'served', isNew: true, plan: null, failure: null, previous: null });
    expect(await createZoneAndVault(system.connection).texts()).toEqual([]);
  }

  it.each([
    'replacesOtherAccount',
    'replacesUnknownIssuer',
    'replacesMalformed',
    'replacesUnauthorized',
    'replacesAlreadyReplaced',
  ])('%s: is ordered once more without naming what it replaces', async (operation) => {
    const sent = await orders();
    await fault(acme, operation, { status: 400, count: 1 });
    expect((await renew()).status).toBe('succeeded');
    // Of the good nonces 5 % are refused, and such a call counts too.
    expect((await orders()) - sent).toBeGreaterThanOrEqual(2);
    await expectRenewed();
  });

  it('bad nonces: a fifth of them, and it comes through', async () => {
    await fault(acme, 'badNonce', { status: 400, probability: 0.2 });
    expect((await renew()).status).toBe('succeeded');
    await expectRenewed();
  });

  it.each(['newOrder', 'order', 'finalize', 'certificate'])(
    'an answer 503 to %s, twice: is asked again',
    async (operation) => {
      await fault(acme, operation, { status: 503, count: 2 });
      expect((await renew(1_000)).status).toBe('succeeded');
      await expectRenewed();
    },
  );

  it('a connection that breaks at finalize: is asked again', async () => {
    await fault(acme, 'finalize', { drop: true, count: 1 });
    expect((await renew(1_000)).status).toBe('succeeded');
    await expectRenewed();
  });

  it('429 with Retry-After: a date in the status, and no failure', async () => {
    await fault(acme, 'newOrder', { throttleMs: 10 * minuteMs });
    const at = await management.now();
    const operation = await renew();
    expect(operation).toMatchObject({ status: 'postponed' });
    expect(operation.error).toBeUndefined();
    const { state, plan, failure, next } = await certificate.read();
    expect({ state, failure }).toEqual({ state: 'waiting', failure: null });
    expect(Date.parse(plan?.turnAt ?? '') - at).toBeGreaterThanOrEqual(10 * minuteMs);
    expect(next.at).toBe(plan?.turnAt);
    await management.clearFaults();
    await expectRenewed();
  });

  it('an authority that is away: a date in the status, and no failure', async () => {
    await fault(acme, '*', { status: 503 });
    const operation = await renew();
    expect(operation).toMatchObject({ status: 'postponed' });
    expect(await certificate.read()).toMatchObject({
      state: 'waiting',
      failure: null,
      plan: { authority: 'local' },
    });
    await management.clearFaults();
    await expectRenewed();
  });

  it('slow name servers: the challenge is answered when all of them have the records', async () => {
    await fault('dns', 'TXT', { staleMs: 30_000 });
    expect((await renew(5_000)).status).toBe('succeeded');
    await expectRenewed();
  });

  it('name servers that lie: nothing is answered, it fails with their names, and is tried again later', async () => {
    await fault('dns', 'TXT', { answer: ['not what is in the zone'] });
    const answered = await management.calls(acme, 'challenge');
    const operation = await renew(minuteMs);
    expect(operation).toMatchObject({ status: 'failed', error: { code: 'dns_not_propagated' } });
    expect(await management.calls(acme, 'challenge')).toBe(answered);
    const { state, failure, dueAt } = await certificate.read();
    expect(state).toBe('waiting');
    expect(failure).toMatchObject({ code: 'dns_not_propagated', count: 1 });
    expect(Date.parse(dueAt ?? '') - Date.parse(failure?.at ?? '')).toBeGreaterThanOrEqual(29 * minuteMs);
    await management.clearFaults();
    await expectRenewed();
  });

  it('name servers that lie to the authority alone: the failed proof is told, and tried again later', async () => {
    // Our own look is over when the challenge is answered; the authority's comes after.
    await fault(acme, 'challenge', { delayMs: 1_500 });
    const answered = await management.calls(acme, 'challenge');
    const lie = (async () => {
      while ((await management.calls(acme, 'challenge')) === answered) await sleep(20);
      await fault('dns', 'TXT', { answer: ['not what is in the zone'] });
    })();
    const operation = await renew();
    await lie;
    expect(operation).toMatchObject({ status: 'failed', error: { code: 'certificate_challenge_failed' } });
    expect((await certificate.read()).state).toBe('waiting');
    await management.clearFaults();
    await expectRenewed();
  });
});

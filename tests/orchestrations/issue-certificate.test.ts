import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { IssueCertificateInput } from '#orchestrations/issue-certificate/orchestrator.ts';
import { orchestratorNames } from '#orchestrations/names.ts';
import { AppError, type ErrorCode } from '#shared/domain/error.ts';
import { type DurableApp, openDurableApp, startMs } from '../support/durable-app.ts';
import { machineId } from '../support/sample-machine.ts';

const machineName = 'abcdefghijklmnopqrstuvwxyz'.slice(0, 26);
const input: IssueCertificateInput = { machineId, machineName, custody: 'vault', isInstall: true };
const challengeName = `_acme-challenge.${machineName}`;
let app: DurableApp;

beforeEach(async () => {
  app = await openDurableApp();
});
afterEach(() => app.close());

async function issue(changes: Partial<IssueCertificateInput> = {}) {
  const id = await app.host.start(orchestratorNames.issueCertificate, { input: { ...input, ...changes } });
  return app.host.waitForCompletion(id);
}

/** The instants at which a method was called, in milliseconds after the start. */
function timesOf(method: string, refuse: (call: number) => AppError | undefined): number[] {
  const times: number[] = [];
  app.faults.before(method, () => {
    times.push(app.clock.now() - startMs);
    const error = refuse(times.length);
    if (error) throw error;
  });
  return times;
}

describe('issuing a certificate', () => {
  it('RFC 8555: orders, answers in DNS, waits, finalizes and merges, and cleans up last', async () => {
    const status = await issue();
    expect(status).toMatchObject({ runtimeStatus: 'Completed', output: { thumbprint: expect.any(String) } });
    expect(app.activities).toEqual([
      'describeTurn',
      'reserveTurn',
      'placeOrder',
      'publishChallenges',
      'answerChallenges',
      'readOrder',
      'finalizeOrder',
      'readOrder',
      'readOrder',
      'keepCertificate',
      'removeChallenges',
      'settleTurn',
    ]);
  });

  it('publishes the values of base name and wildcard in one write', async () => {
    let seen: string[] = [];
    app.faults.before('authority.answerChallenge', () => {
      seen = [...(app.dns.texts.get(challengeName) ?? [])];
    });
    await issue();
    expect(seen).toEqual(['value-authority-test-0-0', 'value-authority-test-0-1']);
    expect(app.faults.calls('dns.addTextValues')).toBe(1);
  });

  it('answers only after every server of the zone shows the records', async () => {
    app.publicDns.hidden.add('value-authority-test-0-1');
    let looks = 0;
    app.faults.before('publicDns.findMissingText', () => {
      if ((looks += 1) === 4) app.publicDns.hidden.clear();
    });
    const times = timesOf('authority.answerChallenge', () => undefined);
    await issue();
    expect(times).toEqual([3_500, 3_500]);
  });

  it('gives up when a server does not show them within 15 minutes, and names it', async () => {
    app.publicDns.hidden.add('value-authority-test-0-1');
    const status = await issue();
    expect(status.runtimeStatus).toBe('Failed');
    expect(status.output).toContain('after 15 minutes not yet at ');
    expect(app.dns.texts.size).toBe(0);
  });

  it('leaves the values of another order at the same name', async () => {
    app.dns.texts.set(challengeName, new Set(['of somebody else']));
    await issue();
    expect(app.dns.texts.get(challengeName)).toEqual(new Set(['of somebody else']));
  });

  it('puts on record when it is due, after two thirds of its lifetime', async () => {
    await issue();
    const found = await app.store.read(machineId, 'certificate');
    const { leaf, dueAt } = found?.document ?? {};
    const lifetimeMs = Date.parse(leaf?.notAfter ?? '') - Date.parse(leaf?.notBefore ?? '');
    expect(Date.parse(dueAt ?? '') - Date.parse(leaf?.notBefore ?? '')).toBe((lifetimeMs * 2) / 3);
    expect(leaf?.issuedBy).toEqual({
      name: 'authority-test',
      authority: 'https://authority-test.test/directory',
      account: 'https://authority-test.test/account/1',
    });
  });

  it('issues nothing while a usable certificate is there', async () => {
    const first = await issue();
    const second = await issue();
    expect(second.output).toEqual(first.output);
    expect(app.authority.orders).toHaveLength(1);
  });

  it('issues a new one when the old one is due', async () => {
    const first = await issue();
    app.clock.advance(61 * 24 * 60 * 60 * 1000);
    const second = await issue();
    expect(second.output).not.toEqual(first.output);
    expect(app.authority.issued).toHaveLength(2);
  });

  it('issues a new one when the vault has lost the old one', async () => {
    await issue();
    await app.vault.purgeCertificate(`machine-${machineName}`);
    await issue();
    expect(app.authority.issued).toHaveLength(2);
  });
});

describe('a certificate in the vault that is not the one on record', () => {
  it('is not given out as if it were: a new one is issued', async () => {
    await issue();
    const found = await app.store.read(machineId, 'certificate');
    if (!found?.document.leaf) throw new Error('no certificate');
    const leaf = { ...found.document.leaf, thumbprint: 'of another leaf' };
    await app.store.commit(machineId, [{ put: { ...found.document, leaf } }]);
    await issue();
    expect(app.authority.issued).toHaveLength(2);
  });
});

describe('the TXT values', () => {
  const failures: [string, string, ErrorCode][] = [
    ['the challenge fails', 'authority.readOrder', 'certificate_challenge_failed'],
    ['the order is refused', 'authority.finalizeOrder', 'certificate_order_refused'],
    ['the vault refuses the chain', 'vault.mergeCertificate', 'key_vault_refused'],
    ['the answer is refused', 'authority.answerChallenge', 'certificate_order_refused'],
    ['only some of them could be published', 'dns.addTextValues', 'dns_zone_missing'],
  ];

  it.each(failures)('are gone when %s (acmebot defect 4)', async (_, method, code) => {
    app.faults.before(method, async () => {
      // What was written before the failure is what has to be cleaned.
      if (method === 'dns.addTextValues')
        app.dns.texts.set(challengeName, new Set(['value-authority-test-0-0']));
      throw new AppError(code, 'as the test wants it');
    });
    const status = await issue();
    expect(status.runtimeStatus).toBe('Failed');
    expect(app.activities).toContain('removeChallenges');
    expect(app.dns.texts.size).toBe(0);
    expect(app.authority.issued.length).toBe(code === 'key_vault_refused' ? 1 : 0);
  });

  it('are removed again and again until DNS answers', async () => {
    app.faults.fail('dns.removeTextValues', new AppError('dns_unavailable', 'no answer'), 7);
    const status = await issue();
    expect(status.runtimeStatus).toBe('Completed');
    expect(app.dns.texts.size).toBe(0);
  });

  it('that are not in the zone when the authority looks fail the order, and it says so', async () => {
    app.faults.before('authority.answerChallenge', () => app.dns.texts.clear());
    const parent = await app.run('renew', { machineId, resourceId: '/x', machineName, custody: 'vault' });
    expect(parent.error).toMatchObject({
      code: 'certificate_challenge_failed',
      hop: 'certificate authority',
    });
  });
});

describe('an activity that fails', () => {
  it('is repeated by the policy while its error is retryable', async () => {
    const unavailable = new AppError('certificate_authority_unavailable', 'no answer');
    const times = timesOf('authority.createOrder', (call) => (call <= 5 ? unavailable : undefined));
    const status = await issue();
    expect(status.runtimeStatus).toBe('Completed');
    expect(times).toEqual([0, 500, 2_500, 12_500, 42_500, 102_500]);
  });

  it('is given up after the last attempt of the policy', async () => {
    const times = timesOf('dns.addTextValues', () => new AppError('dns_unavailable', 'no answer'));
    expect((await issue()).runtimeStatus).toBe('Failed');
    expect(times).toHaveLength(6);
  });

  it('is not repeated when its error is not retryable', async () => {
    const times = timesOf(
      'authority.createOrder',
      () => new AppError('certificate_order_refused', 'rejectedIdentifier'),
    );
    expect((await issue()).runtimeStatus).toBe('Failed');
    expect(times).toEqual([0]);
  });

  it('waits as long as the other side asks for while that is within the patience of the policy', async () => {
    const limited = new AppError('certificate_rate_limited', 'too many', { retryAfterMs: 50_000 });
    const times = timesOf('authority.createOrder', (call) => (call === 1 ? limited : undefined));
    expect((await issue()).runtimeStatus).toBe('Completed');
    expect(times).toEqual([0, 50_000]);
  });

  it('waits as the policy says when the other side asks for less', async () => {
    const limited = new AppError('certificate_rate_limited', 'too many', { retryAfterMs: 1 });
    const times = timesOf('authority.createOrder', (call) => (call <= 2 ? limited : undefined));
    await issue();
    expect(times).toEqual([0, 500, 2_500]);
  });

  it('with one error object every time arrives with the text that it had', async () => {
    app.faults.fail('dns.addTextValues', new AppError('dns_unavailable', 'no answer'));
    const parent = await app.run('renew', { machineId, resourceId: '/x', machineName, custody: 'vault' });
    expect(parent.error).toMatchObject({ code: 'dns_unavailable', detail: 'no answer' });
  });

  it('with an error that is nobody’s ends as an internal error, with its text', async () => {
    app.faults.before('authority.createOrder', () => {
      throw new TypeError('x is not a function');
    });
    const parent = await app.run('renew', { machineId, resourceId: '/x', machineName, custody: 'vault' });
    expect(parent.error).toMatchObject({ code: 'internal_error', detail: 'x is not a function' });
  });
});

describe('an order that stays as it is', () => {
  it('is given up after half an hour, and its values are removed', async () => {
    app.faults.before('authority.answerChallenge', () => {
      const [order] = app.authority.orders;
      order?.challenges.push({
        recordName: '',
        recordValue: '',
        authorizationUrl: '',
        challengeUrl: 'never',
      });
    });
    const status = await issue();
    // The authority is at fault: its turn comes again, and it is no failure of the machine.
    expect(status).toMatchObject({
      runtimeStatus: 'Completed',
      output: { postponed: { reason: expect.stringContaining('not ready after 30 minutes') } },
    });
    expect(app.dns.texts.size).toBe(0);
    expect(app.clock.now() - startMs).toBeLessThan(32 * 60_000);
  });
});

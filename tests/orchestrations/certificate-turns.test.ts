import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { moveCertificate } from '#orchestrations/certificate-record.ts';
import type { InstallExtensionInput } from '#orchestrations/install-extension/orchestrator.ts';
import { createIssueCertificateActivities } from '#orchestrations/issue-certificate/activities.ts';
import type { IssueCertificateInput } from '#orchestrations/issue-certificate/orchestrator.ts';
import { cancelRequestedEvent, orchestratorNames } from '#orchestrations/names.ts';
import type { RateLimit } from '#shared/domain/budget.ts';
import { AppError } from '#shared/domain/error.ts';
import { type DurableApp, openDurableApp, startMs } from '../support/durable-app.ts';
import { createMemoryCertificateAuthority } from '../support/memory-certificate-authority.ts';
import { subscriptionId } from '../support/memory-ports.ts';
import { machineId, reportServing, resourceId } from '../support/sample-machine.ts';

const machineName = 'abcdefghijklmnopqrstuvwxyz';
const install: InstallExtensionInput = {
  machineId,
  resourceId,
  subscriptionId,
  port: 6516,
  custody: 'vault',
  newName: false,
};
const input: IssueCertificateInput = { machineId, machineName, custody: 'vault', isInstall: true };
const hourMs = 3_600_000;
let app: DurableApp;

beforeEach(async () => {
  app = await openDurableApp();
});
afterEach(() => app.close());

const record = async () => (await app.store.read(machineId, 'certificate'))?.document;
async function issue(changes: Partial<IssueCertificateInput> = {}) {
  const id = await app.host.start(orchestratorNames.issueCertificate, { input: { ...input, ...changes } });
  return app.host.waitForCompletion(id);
}
const away = new AppError('certificate_authority_unavailable', 'no answer');
const limited = new AppError('certificate_rate_limited', 'too many certificates already issued', {
  retryAfterMs: 2 * hourMs,
});

describe('with two authorities', () => {
  beforeEach(() => app.authorities.push(app.guardedSecond));

  it('the one that is preferred issues', async () => {
    await issue();
    expect((await record())?.leaf?.issuedBy.name).toBe('authority-test');
    expect(app.second.orders).toHaveLength(0);
  });

  it.each([
    ['is away', 'authority.createOrder', away],
    ['has no account to give', 'authority.ensureAccount', away],
    ['limits the rate', 'authority.createOrder', limited],
    [
      'refuses the order',
      'authority.createOrder',
      new AppError('certificate_order_refused', 'policy forbids'),
    ],
    ['goes away within the order', 'authority.finalizeOrder', away],
  ])('the second issues when the first %s', async (_, method, error) => {
    app.faults.fail(method, error);
    const { output } = await issue();
    expect(output).toEqual({ thumbprint: (await record())?.leaf?.thumbprint });
    expect((await record())?.leaf?.issuedBy).toMatchObject({
      name: 'second-authority',
      account: 'https://second-authority.test/account/1',
    });
    expect(app.second.issued).toHaveLength(1);
    expect(app.dns.texts.size).toBe(0);
  });

  it('the second issues when CAA forbids the first', async () => {
    app.publicDns.caa.set('wac.test', [
      { critical: false, tag: 'issue', value: 'second-authority.test' },
      { critical: false, tag: 'issuewild', value: 'second-authority.test' },
    ]);
    await issue();
    expect((await record())?.leaf?.issuedBy.name).toBe('second-authority');
    expect(app.authority.orders).toHaveLength(0);
  });

  it('one that is known to be away is not asked again until its pause is over', async () => {
    app.faults.fail('authority.createOrder', away, 6);
    await issue();
    await issue({ isInstall: false });
    expect(app.authority.orders).toHaveLength(0);
    app.clock.advance(hourMs);
    await issue({ isInstall: false });
    expect(app.authority.orders).toHaveLength(1);
  });

  it('a proof that fails is not tried at the other: it would fail there too', async () => {
    app.faults.before('authority.answerChallenge', () => app.dns.texts.clear());
    expect((await issue()).runtimeStatus).toBe('Failed');
    expect(app.second.orders).toHaveLength(0);
  });

  it('a proof that failed the last time too is tried at the other: it may be the view of the first', async () => {
    await issue();
    app.faults.fail('authority.readOrder', new AppError('certificate_challenge_failed', 'NXDOMAIN'));
    const renewal = { machineId, resourceId: '/x', machineName, custody: 'vault' };
    expect(await app.run('renew', renewal)).toMatchObject({ status: 'failed' });
    expect(app.second.orders).toHaveLength(0);
    await issue({ isInstall: false });
    expect(app.second.issued).toHaveLength(1);
  });

  it('that are both spent give a date, the earlier of the two', async () => {
    app.faults.fail('authority.createOrder', limited);
    app.faults.fail(
      'second.createOrder',
      new AppError('certificate_rate_limited', 'slow down', { retryAfterMs: hourMs }),
    );
    const { runtimeStatus, output } = await issue();
    expect(runtimeStatus).toBe('Completed');
    expect(output).toMatchObject({ postponed: { authority: 'second-authority' } });
    const { turnAt = '' } = (await record())?.plan ?? {};
    expect(Date.parse(turnAt) - startMs).toBeGreaterThanOrEqual(hourMs);
    expect(Date.parse(turnAt) - startMs).toBeLessThan(1.2 * hourMs);
  });
});

describe('what a renewal replaces (RFC 9773 section 5)', () => {
  const replacesOf = (authority = app.authority) => authority.orders.map(({ replaces }) => replaces);

  it('is named to the authority and account that issued it', async () => {
    await issue();
    await issue({ isInstall: false });
    expect(replacesOf()).toEqual([undefined, 'authority-test-01']);
  });

  it('is named to no other authority (acmebot defect 7)', async () => {
    await issue();
    app.authorities.unshift(app.guardedSecond);
    await issue({ isInstall: false });
    expect(replacesOf(app.second)).toEqual([undefined]);
  });

  it('is named to no other account', async () => {
    await issue();
    app.authority.settings.account = 'https://authority-test.test/account/2';
    await issue({ isInstall: false });
    expect(replacesOf()).toEqual([undefined, undefined]);
    expect((await record())?.leaf?.issuedBy.account).toBe('https://authority-test.test/account/2');
  });

  it('is left out the second time when the authority does not accept it', async () => {
    await issue();
    const asked: (string | undefined)[] = [];
    app.faults.before('authority.createOrder', () => {
      asked.push(app.activities.at(-1));
      if (asked.length === 1) throw new AppError('certificate_replacement_refused', 'alreadyReplaced');
    });
    expect((await issue({ isInstall: false })).runtimeStatus).toBe('Completed');
    expect(asked).toHaveLength(2);
    expect(replacesOf()).toEqual([undefined, undefined]);
  });

  it('of another name is nothing that could be replaced', async () => {
    await issue();
    await issue({ isInstall: false, machineName: 'zyxwvutsrqponmlkjihgfedcba' });
    expect(replacesOf()).toEqual([undefined, undefined]);
  });
});

describe('a budget that is spent', () => {
  const weekly: RateLimit = {
    id: 'certificates-per-zone',
    title: 'Certificates per registered domain',
    capacity: 1,
    refillMs: 3 * hourMs,
    scope: 'zone',
    freeForReplacements: true,
  };

  beforeEach(() => {
    app.authorities[0] = createMemoryCertificateAuthority({
      limits: [weekly],
      now: app.clock.now,
      textValues: (name) => app.dns.texts.get(name.slice(0, -'.wac.test'.length)) ?? new Set<string>(),
      lifetimeMs: 90 * 24 * hourMs,
    });
  });

  it('makes a machine wait, and the authority is not even asked', async () => {
    await issue();
    const { output } = await issue({ machineName: 'zyxwvutsrqponmlkjihgfedcba' });
    expect(output).toMatchObject({ postponed: { authority: 'authority-test', ahead: 0 } });
    expect(await record()).toMatchObject({ state: 'waiting', plan: { reason: expect.any(String) } });
    expect(Date.parse((await record())?.dueAt ?? '') - startMs).toBeGreaterThanOrEqual(3 * hourMs);
    expect((app.authorities[0] as typeof app.authority).orders).toHaveLength(1);
  });

  it('refills from the end of the order on, because an authority may count what it issues', async () => {
    const bucket = async () => (await app.budgets.read('authority-test')).buckets[0];
    let open: Awaited<ReturnType<typeof bucket>>;
    app.faults.before('dns.removeTextValues', async () => {
      open = await bucket();
    });
    await issue();
    expect(open).toMatchObject({ fullAt: 0, held: [expect.any(Number)] });
    expect(await bucket()).toEqual({ id: weekly.id, fullAt: app.clock.now() + weekly.refillMs });
  });

  it('is not touched by a renewal at the same authority and account', async () => {
    await issue();
    expect((await issue({ isInstall: false })).output).toHaveProperty('thumbprint');
  });

  it('keeps an install waiting without failing it, and then it goes on by itself', async () => {
    await issue({ machineId: 'another-machine', machineName: 'zyxwvutsrqponmlkjihgfedcba' });
    const id = await app.begin('install', install);
    await app.host.waitForCompletion(id);
    const operation = await app.operation(id);
    expect(operation.status).toBe('succeeded');
    expect(operation).not.toHaveProperty('resumesAt');
    expect(app.clock.now() - startMs).toBeGreaterThan(3 * hourMs);
    const audits = await app.store.list(machineId, 'audit', 20);
    expect(audits.map(({ action }) => action)).toContain('certificate planned');
  });

  it('lets go of an install that is called off while it waits, and takes back what it made', async () => {
    await issue({ machineId: 'another-machine', machineName: 'zyxwvutsrqponmlkjihgfedcba' });
    const id = await app.begin('install', install);
    // Events that came before somebody waits for them are not lost.
    await app.host.raiseEvent(id, cancelRequestedEvent, {});
    await app.host.waitForCompletion(id);
    expect(await app.operation(id)).toMatchObject({
      status: 'failed',
      error: { code: 'operation_cancelled' },
    });
    expect(app.dns.names.size + app.relay.connections.size).toBe(0);
    expect((await record())?.state).toBe('withdrawn');
    expect((await app.store.read(machineId, 'machine'))?.document).not.toHaveProperty('extension');
    expect((await app.budgets.read('authority-test')).waiters).toEqual([]);
  });

  it('postpones a renewal that cannot replace, and says when it goes on', async () => {
    await app.run('install', install);
    const machine = (await app.store.read(machineId, 'machine'))?.document;
    const authority = app.authorities[0] as unknown as typeof app.authority;
    authority.settings.account = 'https://authority-test.test/account/2';
    app.faults.before('extension.read', () => reportServing(app));
    const operation = await app.run('renew', {
      machineId,
      resourceId,
      machineName: machine?.machineName ?? '',
      custody: 'vault',
    });
    expect(operation).toMatchObject({
      status: 'postponed',
      steps: [{ status: 'waiting' }, { status: 'waiting' }],
    });
    expect(operation.resumesAt).toBe((await record())?.plan?.turnAt);
    expect((await record())?.leaf?.servedAt).toBeDefined();
  });
});

describe('the urgency of an order', () => {
  const urgency = async (isInstall = false) => {
    const { describeTurn } = createIssueCertificateActivities(app.ports);
    const described = await describeTurn({ machineId, machineName, custody: 'vault', isInstall });
    if ('thumbprint' in described) throw new Error('there is nothing to order');
    return described.request.urgency;
  };

  it('is that of an install, then of a renewal with time left, then urgent', async () => {
    expect(await urgency(true)).toBe('install');
    await issue();
    app.clock.advance(74 * 24 * hourMs);
    expect(await urgency()).toBe('renewal');
    app.clock.advance(2 * 24 * hourMs);
    expect(await urgency()).toBe('urgent');
  });

  it('is urgent once the certificate was revoked', async () => {
    await issue();
    const thumbprint = (await record())?.leaf?.thumbprint ?? '';
    const dueAt = new Date(app.clock.now()).toISOString();
    await moveCertificate(app.ports, machineId, { type: 'revoke', thumbprint, dueAt });
    expect(await urgency()).toBe('urgent');
  });
});

describe('names that cannot be proven', () => {
  it('are all told at once, before anything is ordered', async () => {
    app.publicDns.faults.push(
      'ns1.example.test is not a server of the zone',
      'ns2.azure.test does not answer',
    );
    const { runtimeStatus, output } = await issue();
    expect(runtimeStatus).toBe('Failed');
    expect(output).toContain('ns1.example.test is not a server of the zone; ns2.azure.test does not answer');
    expect(app.authority.orders).toHaveLength(0);
    expect((await app.budgets.read('authority-test')).waiters).toEqual([]);
  });
});

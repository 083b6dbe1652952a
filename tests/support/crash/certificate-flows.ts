import { expect } from 'vitest';
import { orchestratorNames } from '#orchestrations/names.ts';
import type { RenewCertificateInput } from '#orchestrations/renew-certificate/orchestrator.ts';
import type { RevokeCertificateInput } from '#orchestrations/revoke-certificate/orchestrator.ts';
import type { KeyCustody, RevocationReason } from '#shared/domain/certificate.ts';
import { AppError } from '#shared/domain/error.ts';
import type { DurableApp } from '../durable-app.ts';
import { administrator, machineId, resourceId } from '../sample-machine.ts';
import { expectServed, expectSucceeded, installed, issue, machineOf, recordOf } from './stage.ts';
import type { CrashFlow } from './suite.ts';

const issued: CrashFlow = {
  title: 'the issue of a certificate',
  least: 12,
  begin: (app) => app.host.start(orchestratorNames.issueCertificate, { input: issue }),
  async expectDone(app) {
    expect(await recordOf(app)).toMatchObject({ state: 'issued', leaf: { version: '1' } });
    expect(app.authority.issued).toHaveLength(1);
  },
};

const bySecond: CrashFlow = {
  title: 'the issue of a certificate by the second authority',
  least: 15,
  async prepare(app) {
    app.authorities.push(app.guardedSecond);
    app.publicDns.caa.set(
      'wac.test',
      ['issue', 'issuewild'].map((tag) => ({ critical: false, tag, value: 'second-authority.test' })),
    );
  },
  begin: (app) => app.host.start(orchestratorNames.issueCertificate, { input: issue }),
  async expectDone(app) {
    expect(app.authority.orders).toHaveLength(0);
    expect(app.second.issued).toHaveLength(1);
    expect((await recordOf(app))?.leaf?.issuedBy.name).toBe('second-authority');
  },
};

const revocation = (reason: RevocationReason): CrashFlow => ({
  title: `a revocation for ${reason} with its replacement`,
  least: 14,
  prepare: installed,
  async begin(app) {
    const input: RevokeCertificateInput = {
      machineId,
      resourceId,
      machineName: (await machineOf(app))?.machineName ?? '',
      custody: 'vault',
      reason,
      requestedBy: administrator,
    };
    return app.begin('revoke', input);
  },
  async expectDone(app) {
    await expectSucceeded(app, 'revoke');
    await expectServed(app, 2);
    expect(app.authority.revoked).toEqual([{ serialNumber: 'authority-test-01', reason }]);
  },
});

const limited = new AppError('certificate_rate_limited', 'too many certificates already issued', {
  retryAfterMs: 2 * 3_600_000,
});
const renewal = async (app: DurableApp, custody: KeyCustody): Promise<RenewCertificateInput> => ({
  machineId,
  resourceId,
  machineName: (await machineOf(app))?.machineName ?? '',
  custody,
});

const toMachine: CrashFlow = {
  title: 'a renewal that gives the key to the machine',
  least: 15,
  prepare: installed,
  begin: async (app) => app.begin('renew', await renewal(app, 'machine')),
  async expectDone(app) {
    await expectSucceeded(app, 'renew');
    await expectServed(app, 2, 'machine');
    expect(app.vault.keysMade()).toBe(1);
  },
};

const postponed: CrashFlow = {
  title: 'a renewal that the authority puts off',
  least: 8,
  isPostponed: true,
  async prepare(app) {
    await installed(app);
    app.faults.fail('authority.createOrder', limited);
  },
  begin: async (app) => app.begin('renew', await renewal(app, 'vault')),
  async expectDone(app) {
    const record = await recordOf(app);
    expect(record).toMatchObject({ state: 'waiting', plan: { authority: 'authority-test' } });
    expect(record).not.toHaveProperty('failure');
    expect(app.authority.issued).toHaveLength(1);
    expect(await machineOf(app)).not.toHaveProperty('currentOperation');
  },
};

export const issueFlows = [issued, bySecond];
export const renewalFlows = [toMachine, postponed];
export const revocationFlows = [revocation('superseded'), revocation('keyCompromise')];

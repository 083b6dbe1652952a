import { describe, expect, it } from 'vitest';
import type { CertificateRecord, IssuedLeaf } from '#shared/domain/certificate.ts';
import { diagnose } from '#shared/domain/certificate-doctor.ts';
import { AppError, describeError } from '#shared/domain/error.ts';

const now = '2026-10-10T12:00:00.000Z';
const leaf: IssuedLeaf = {
  thumbprint: 'new',
  serialNumber: '01',
  notBefore: '2026-10-01T12:00:00.000Z',
  notAfter: '2026-12-30T12:00:00.000Z',
  machineName: 'name',
  hostNames: [],
  custody: 'vault',
  version: '1',
  issuedBy: { name: 'lets-encrypt', authority: 'https://a.test', account: 'x' },
  issuedAt: '2026-10-01T12:00:00.000Z',
  servedAt: '2026-10-01T12:01:00.000Z',
};
const served: CertificateRecord = {
  state: 'served',
  custody: 'vault',
  leaf,
  dueAt: '2026-11-30T12:00:00.000Z',
};
const ask = (record: CertificateRecord, changes: Partial<Parameters<typeof diagnose>[1]> = {}) =>
  diagnose(record, { now, agentConnected: true, servingThumbprint: 'new', ...changes });

describe('the doctor', () => {
  it('says of a served one who issued it, until when it is good, and when it is renewed', () => {
    const { explanation, next } = ask(served);
    expect(explanation[0]).toBe(
      'The machine serves its certificate, issued by lets-encrypt; it is good until 2026-12-30 12:00 UTC (81 days left).',
    );
    expect(next).toEqual({ what: 'It is renewed.', at: '2026-11-30T12:00:00.000Z' });
  });

  it('says of a waiting one at whose door it waits, until when and why', () => {
    const plan = {
      authority: 'lets-encrypt',
      turnAt: '2026-10-10T14:20:00.000Z',
      ahead: 3,
      reason: '50 certificates per registered domain in 7 days are used up',
    };
    const { explanation, next } = ask({ ...served, state: 'waiting', plan });
    expect(explanation[0]).toBe(
      'An order waits for its turn at lets-encrypt: 50 certificates per registered domain in 7 days are used up.',
    );
    expect(explanation[1]).toContain('stays in service');
    expect(next).toEqual({ what: 'It is ordered at lets-encrypt.', at: plan.turnAt });
  });

  it('says of an issued one whether the agent is there to fetch it', () => {
    const issued = { ...served, state: 'issued' as const, leaf: { ...leaf, servedAt: undefined } };
    const { servedAt: _, ...unserved } = leaf;
    const record = { ...issued, leaf: unserved };
    expect(ask(record).next.what).toBe('The agent fetches it.');
    expect(ask(record, { agentConnected: false }).explanation[0]).toContain('not connected');
  });

  it('says of a revocation whether it is to come or has come', () => {
    const replacement = { reason: 'superseded', revoke: true, requestedAt: now } as const;
    const said = (more: object) =>
      ask({ ...served, replacement: { ...replacement, ...more } }).explanation.join(' ');
    expect(said({})).toContain('is revoked once its replacement is served');
    expect(said({ revokedAt: now })).toContain('was revoked on');
    expect(said({ revoke: false })).not.toContain('revoked');
  });

  it('repeats the last failure with its hop and remedy', () => {
    const error = describeError(
      new AppError('dns_delegation_broken', 'ns1.example is not a server of the zone'),
    );
    const { explanation } = ask({ ...served, state: 'waiting', failure: { ...error, at: now, count: 2 } });
    expect(explanation.join(' ')).toMatch(
      /at the hop "DNS": ns1\.example is not .* At the registrar, .* 2 times in a row/,
    );
  });

  it('warns when less than a sixth of the lifetime is left', () => {
    const late = ask(served, { now: '2026-12-20T12:00:00.000Z' });
    expect(late.explanation.join(' ')).toContain('goes before everything else');
    expect(ask(served).explanation.join(' ')).not.toContain('goes before everything else');
  });

  it('sees an agent that reports another certificate', () => {
    expect(ask(served, { servingThumbprint: 'other' }).explanation.join(' ')).toContain(
      'another certificate',
    );
  });

  it('has a word for every state', () => {
    for (const state of ['ordered', 'delivered', 'revoked', 'expired', 'withdrawn'] as const) {
      const { explanation, next } = ask({ ...served, state });
      expect(explanation[0]?.length).toBeGreaterThan(20);
      expect(next.what.length).toBeGreaterThan(5);
    }
  });
});

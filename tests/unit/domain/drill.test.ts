import { describe, expect, it } from 'vitest';
import type { CertificateRecord } from '#shared/domain/certificate.ts';
import { type Drill, measureDrill } from '#shared/domain/drill.ts';

const at = (minutes: number) => new Date(Date.UTC(2026, 9, 1, 12, minutes)).toISOString();
const drill: Drill = {
  id: 'drill-1',
  reason: 'unspecified',
  revoke: false,
  status: 'running',
  requestedBy: { id: 'someone', name: 'Someone' },
  createdAt: at(0),
  updatedAt: at(0),
  total: 4,
  replaced: 0,
  skipped: 0,
};
const record = (issuedAt: string, changes: Partial<CertificateRecord> = {}): CertificateRecord => ({
  state: 'served',
  custody: 'vault',
  leaf: {
    thumbprint: '',
    serialNumber: '',
    notBefore: issuedAt,
    notAfter: at(60),
    machineName: '',
    hostNames: [],
    custody: 'vault',
    version: '1',
    issuedBy: { name: 'authority', authority: '', account: '' },
    issuedAt,
  },
  ...changes,
});
const marked = (changes: Partial<CertificateRecord> = {}) =>
  record(at(-1), {
    replacement: { reason: 'unspecified', revoke: false, requestedAt: at(0), drill: 'drill-1' },
    ...changes,
  });
const measure = (certificates: CertificateRecord[], minutes = 2) =>
  measureDrill(drill, certificates, new Date(at(minutes)));

describe('a fleet replacement', () => {
  it('has replaced nothing while its certificates are not marked yet', () => {
    expect(measure([record(at(-1)), record(at(-1)), marked(), marked()])).toEqual({ replaced: 0 });
  });

  it('counts what is newer than itself and no longer marked, and goes on at the pace so far', () => {
    expect(measure([record(at(1)), record(at(2)), marked(), marked()])).toEqual({
      replaced: 2,
      estimatedEnd: at(4),
    });
  });

  it('is expected to end no earlier than the last turn that the planner gave', () => {
    const plan = { authority: 'authority', turnAt: at(30), ahead: 1, reason: 'later' };
    expect(measure([record(at(1)), marked({ state: 'waiting', plan }), marked(), marked()])).toMatchObject({
      replaced: 1,
      estimatedEnd: at(30),
    });
  });

  it('never counts more than it has to replace: other machines renew too', () => {
    expect(measure(Array.from({ length: 6 }, () => record(at(1))))).toMatchObject({ replaced: 4 });
  });
});

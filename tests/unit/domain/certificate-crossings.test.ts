import { describe, expect, it } from 'vitest';
import type { CertificateRecord, IssuedLeaf, ReplacementRequest } from '#shared/domain/certificate.ts';
import { applyEvent, type CertificateEvent } from '#shared/domain/certificate-lifecycle.ts';

const at = '2026-10-01T12:00:00.000Z';
const later = '2026-10-02T12:00:00.000Z';
/** Two thirds of the leaf's lifetime. */
const due = '2026-11-30T12:00:00.000Z';

const leaf: IssuedLeaf = {
  thumbprint: 'one',
  serialNumber: '01',
  notBefore: at,
  notAfter: '2026-12-30T12:00:00.000Z',
  machineName: 'name',
  hostNames: ['name.wac.test', '*.name.wac.test'],
  custody: 'vault',
  version: '1',
  issuedBy: { name: 'a', authority: 'https://a.test', account: 'https://a.test/1' },
  issuedAt: at,
  deliveredAt: at,
  servedAt: at,
};
const served: CertificateRecord = { state: 'served', custody: 'vault', leaf, point: 0.5, dueAt: due };
const plan = { authority: 'a', turnAt: later, ahead: 3, reason: 'spent' };
const wait: CertificateEvent = { type: 'wait', id: 'issue', custody: 'vault', plan };
const order: CertificateEvent = { type: 'order', id: 'issue', custody: 'vault', retryAt: later };
const takeUp: CertificateEvent = { type: 'issue', leaf, point: 0.5, dueAt: due };

const request: ReplacementRequest = { reason: 'keyCompromise', revoke: true, requestedAt: at };
const after = (record: CertificateRecord, ...events: CertificateEvent[]): CertificateRecord =>
  events.reduce((known, event) => applyEvent(known, event, later), record);

describe('a leaf that an install takes up again', () => {
  it.each([
    ['waits', [wait]],
    ['was ordered', [order]],
    ['was given up', [{ type: 'withdraw' }]],
  ] as const)('when another %s is issued, and served once it is seen', (_, events) => {
    const taken = after(served, ...events, takeUp);
    expect(taken).toMatchObject({ state: 'issued', dueAt: due, leaf: { thumbprint: 'one' } });
    expect(taken).not.toHaveProperty('plan');
    expect(taken.leaf).not.toHaveProperty('servedAt');
    expect(after(taken, { type: 'serve', thumbprint: 'one' })).toMatchObject({
      state: 'served',
      leaf: { servedAt: later },
    });
  });
});

describe('a request that an install asked the machine for', () => {
  it('is wanted no more when the leaf in service is good for longer', () => {
    const asked = after(served, { type: 'request', id: 'issue', custody: 'vault' });
    expect(asked.wantedRequest).toBe('issue');
    expect(after(asked, takeUp)).toEqual({ ...served, mark: 'request issue' });
  });
});

describe('a fleet-wide replacement that is called off', () => {
  const mark: CertificateEvent = {
    type: 'replace',
    request: { reason: 'unspecified', revoke: false, requestedAt: at, drill: 'd' },
  };
  const callOff: CertificateEvent = { type: 'call-off', drill: 'd' };

  it('leaves nothing waiting: the certificate is what it was', () => {
    const called = after(served, mark, wait, callOff);
    expect(called).toMatchObject({ state: 'served', dueAt: due });
    expect(called).not.toHaveProperty('plan');
    const advised = after(called, { type: 'advise', thumbprint: 'one', failures: 0, dueAt: later });
    expect(advised.dueAt).toBe(later);
  });

  it('does not make a revoked certificate good again', () => {
    const revoked = after(
      served,
      { type: 'replace', request },
      { type: 'revoke', thumbprint: 'one', dueAt: at },
    );
    const called = after(revoked, mark, callOff);
    expect(called).toMatchObject({ state: 'revoked', dueAt: at, replacement: { revokedAt: later } });
    expect(called.replacement).not.toHaveProperty('drill');
  });
});

describe('late word of a certificate that was given up', () => {
  it.each(['deliver', 'serve'] as const)('by %s brings nothing back', (type) => {
    const withdrawn = after(served, { type: 'withdraw' });
    const told = after(withdrawn, { type, thumbprint: 'one' }, { type: 'call-off', drill: 'd' });
    expect(told.state).toBe('withdrawn');
    expect(told).not.toHaveProperty('dueAt');
  });
});

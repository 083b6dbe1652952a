import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CertificateRecord, CertificateState, IssuedLeaf } from '#shared/domain/certificate.ts';
import { applyEvent, type CertificateEvent, certificateMoves } from '#shared/domain/certificate-lifecycle.ts';
import { AppError, describeError } from '#shared/domain/error.ts';

const at = '2026-10-01T12:00:00.000Z';
const soon = '2026-10-01T13:00:00.000Z';
const far = '2026-11-30T12:00:00.000Z';

const leaf = (name: string, changes: Partial<IssuedLeaf> = {}): IssuedLeaf => ({
  thumbprint: name,
  serialNumber: '01',
  notBefore: at,
  notAfter: '2026-12-30T12:00:00.000Z',
  machineName: 'name',
  hostNames: ['name.wac.test', '*.name.wac.test'],
  custody: 'vault',
  version: '1',
  issuedBy: { name: 'a', authority: 'https://a.test', account: 'https://a.test/1' },
  issuedAt: at,
  ...changes,
});

const events: Record<CertificateEvent['type'], CertificateEvent> = {
  request: { type: 'request', id: 'issue-1', custody: 'machine' },
  wait: {
    type: 'wait',
    id: 'issue-1',
    custody: 'vault',
    plan: { authority: 'a', turnAt: soon, ahead: 2, reason: 'spent' },
  },
  order: { type: 'order', id: 'issue-1', custody: 'vault', retryAt: soon },
  fail: {
    type: 'fail',
    id: 'issue-1',
    error: describeError(new AppError('certificate_challenge_failed', 'no')),
    retryAt: soon,
  },
  issue: { type: 'issue', leaf: leaf('new'), point: 0.5, dueAt: far },
  advise: { type: 'advise', thumbprint: 'old', failures: 0, dueAt: far, checkAt: soon },
  deliver: { type: 'deliver', thumbprint: 'old' },
  serve: { type: 'serve', thumbprint: 'old' },
  replace: { type: 'replace', request: { reason: 'superseded', revoke: false, requestedAt: at } },
  'call-off': { type: 'call-off', drill: 'd' },
  revoke: { type: 'revoke', thumbprint: 'old', dueAt: at },
  expire: { type: 'expire' },
  withdraw: { type: 'withdraw' },
};
const record = (state: CertificateState, changes: Partial<CertificateRecord> = {}): CertificateRecord => ({
  state,
  custody: 'vault',
  leaf: leaf('old'),
  dueAt: far,
  ...changes,
});
const states = Object.keys(certificateMoves) as (CertificateState | 'none')[];
const types = Object.keys(events) as CertificateEvent['type'][];
const pairs = states.flatMap((state) =>
  types.map((type) => ({ state, type, to: certificateMoves[state][type] })),
);

/** Wherever somebody still wants it, something is to come. */
function brokenPromises({ state, plan, dueAt }: CertificateRecord): string[] {
  const isWanted = state === 'ordered' || plan !== undefined;
  if (isWanted && dueAt === undefined) return [`${state} without a date`];
  return state === 'withdrawn' && dueAt !== undefined ? ['withdrawn with a date'] : [];
}

describe('the table of moves', () => {
  const before = (state: CertificateState | 'none') => (state === 'none' ? undefined : record(state));

  it.each(pairs.filter(({ to }) => to !== undefined))(
    'takes $state by $type to $to',
    ({ state, type, to }) => {
      expect(applyEvent(before(state), events[type], at).state).toBe(to);
    },
  );

  it.each(pairs.filter(({ to }) => to === undefined))('lets nothing $state $type', ({ state, type }) => {
    expect(() => applyEvent(before(state), events[type], at)).toThrow(
      `a certificate that is ${state} cannot ${type}`,
    );
  });

  it('has a way out of every state: each can be ordered, and each but none be withdrawn', () => {
    expect(states.map((state) => certificateMoves[state].order)).toEqual(states.map(() => 'ordered'));
    const kept = states.filter((state) => state !== 'none');
    expect(kept.map((state) => certificateMoves[state].withdraw)).toEqual(kept.map(() => 'withdrawn'));
  });

  it('is never led out of itself by any sequence of events', () => {
    const broken: string[] = [];
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...types), { maxLength: 30 }), (sequence) => {
        let current: CertificateRecord | undefined;
        for (const [index, type] of sequence.entries()) {
          const event = {
            ...events[type],
            ...('id' in events[type] && { id: `issue-${index}` }),
          } as CertificateEvent;
          const from: CertificateState | 'none' = current?.state ?? 'none';
          if (certificateMoves[from][type] === undefined) continue;
          current = applyEvent(current, event, at);
          broken.push(...brokenPromises(current));
        }
      }),
    );
    expect(broken).toEqual([]);
  });
});

describe('a renewal', () => {
  const served = record('served', { leaf: leaf('old', { servedAt: at }) });
  const ordered = applyEvent(served, events.order, at);
  const issued = applyEvent(ordered, events.issue, at);

  it('keeps the old leaf in service until the new one is seen served', () => {
    expect(issued).toMatchObject({
      state: 'issued',
      leaf: { thumbprint: 'new' },
      previous: { thumbprint: 'old' },
    });
    const delivered = applyEvent(issued, { type: 'deliver', thumbprint: 'new' }, at);
    expect(delivered).toMatchObject({ state: 'delivered', previous: { thumbprint: 'old' } });
    const done = applyEvent(delivered, { type: 'serve', thumbprint: 'new' }, soon);
    expect(done).toMatchObject({ state: 'served', leaf: { servedAt: soon } });
    expect(done).not.toHaveProperty('previous');
  });

  it('keeps the one in service even when a leaf that nobody served comes between', () => {
    const again = applyEvent(issued, { ...events.order, id: 'issue-2' } as CertificateEvent, at);
    const third = applyEvent(again, { type: 'issue', leaf: leaf('third'), point: 0.1, dueAt: far }, at);
    expect(third).toMatchObject({ leaf: { thumbprint: 'third' }, previous: { thumbprint: 'old' } });
  });

  it('takes word of the old leaf for what it is: nothing new', () => {
    expect(applyEvent(issued, events.serve, at)).toBe(issued);
    expect(applyEvent(issued, events.deliver, at)).toBe(issued);
  });

  it('that fails in its delivery keeps the due moment of the new leaf', () => {
    expect(applyEvent(issued, events.fail, at)).toMatchObject({
      state: 'issued',
      dueAt: far,
      failure: { count: 1 },
    });
    expect(applyEvent(ordered, events.fail, at)).toMatchObject({ state: 'waiting', dueAt: soon });
  });

  it('said twice by the same issue is said once', () => {
    expect(applyEvent(ordered, events.order, at)).toBe(ordered);
    const failed = applyEvent(ordered, events.fail, at);
    expect(applyEvent(failed, events.fail, at)).toBe(failed);
    expect(failed.failure?.count).toBe(1);
  });
});

describe('a replacement', () => {
  const wanted = applyEvent(
    record('served', { leaf: leaf('old', { servedAt: at }) }),
    { type: 'replace', request: { reason: 'keyCompromise', revoke: true, requestedAt: at } },
    at,
  );

  it('is due at once', () => {
    expect(wanted).toMatchObject({ state: 'served', dueAt: at });
  });

  it('that revokes first goes on to the end without revoking again', () => {
    const revoked = applyEvent(wanted, events.revoke, at);
    expect(revoked).toMatchObject({ state: 'revoked', replacement: { revokedAt: at } });
    const issued = applyEvent(applyEvent(revoked, events.order, at), events.issue, at);
    const served = applyEvent(issued, { type: 'serve', thumbprint: 'new' }, soon);
    expect(served).not.toHaveProperty('replacement');
    expect(served).not.toHaveProperty('previous');
  });

  it('that revokes last remembers the old leaf until that is done', () => {
    const issued = applyEvent(applyEvent(wanted, events.order, at), events.issue, at);
    const served = applyEvent(issued, { type: 'serve', thumbprint: 'new' }, soon);
    expect(served).toMatchObject({ state: 'served', previous: { thumbprint: 'old' }, dueAt: soon });
    const done = applyEvent(served, events.revoke, soon);
    expect(done).toMatchObject({ state: 'served', leaf: { thumbprint: 'new' }, dueAt: far });
    expect(done).not.toHaveProperty('replacement');
  });

  it.each([true, false])(
    'of a leaf that is not served yet stays wanted once it is (revoke: %s)',
    (revoke) => {
      const asked = applyEvent(
        record('delivered', { leaf: leaf('old', { issuedAt: at }), dueAt: far }),
        { type: 'replace', request: { reason: 'superseded', revoke, requestedAt: soon } },
        soon,
      );
      const served = applyEvent(asked, { type: 'serve', thumbprint: 'old' }, soon);
      expect(served).toMatchObject({ state: 'served', replacement: { revoke }, dueAt: soon });
    },
  );

  it('of a fleet that is called off gives the certificate its own due moment back', () => {
    const marked = applyEvent(
      record('served', { leaf: leaf('old', { servedAt: at }), point: 0.5 }),
      { type: 'replace', request: { reason: 'unspecified', revoke: false, requestedAt: at, drill: 'd' } },
      at,
    );
    expect(applyEvent(marked, events['call-off'], at)).toMatchObject({ dueAt: far });
    expect(applyEvent(marked, { type: 'call-off', drill: 'another' }, at)).toBe(marked);
  });
});

describe('the authority’s advice', () => {
  const served = record('served');
  it('moves the due moment and the next question', () => {
    const advised = applyEvent(served, { ...events.advise, dueAt: soon } as CertificateEvent, at);
    expect(advised).toMatchObject({ dueAt: soon, checkAt: soon });
  });
  it('does not move what waits for its turn', () => {
    const waiting = applyEvent(served, events.wait, at);
    expect(applyEvent(waiting, events.advise, at)).toMatchObject({ state: 'waiting', dueAt: soon });
  });
  it('about another leaf is none', () => {
    expect(applyEvent(served, { ...events.advise, thumbprint: 'x' } as CertificateEvent, at)).toBe(served);
  });
  it('that has come to its end is not asked for again', () => {
    const { checkAt: _, ...last } = events.advise as Extract<CertificateEvent, { type: 'advise' }>;
    expect(applyEvent(record('served', { checkAt: soon }), last, at)).not.toHaveProperty('checkAt');
  });
});

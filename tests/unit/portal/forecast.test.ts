import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { eventSentence, isRevocationReason, readableDetail } from '#portal/model/certificate-words.ts';
import { drillSentence } from '#portal/model/drill.ts';
import { closureSentence, fleetVerdict, limitUse, scaleFor, weekColumns } from '#portal/model/forecast.ts';
import { operationState, operationTitle, progressSentence, stepStateOf } from '#portal/model/operation.ts';
import { asSentence } from '#portal/model/words.ts';
import { renewalOf, sampleDrill, sampleForecast } from '../../support/certificate-samples.ts';
import { fromNow } from '../../support/portal-samples.ts';

const now = Date.now();

describe('the weeks of the fleet', () => {
  it('stand under a scale that ends at 1, 2 or 5 times a power of ten', () => {
    expect([0, 1, 2, 3, 5, 6, 11, 70, 100, 101, 4999].map(scaleFor)).toEqual([
      1, 1, 2, 5, 5, 10, 20, 100, 100, 200, 5000,
    ]);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e9 }), (n) => scaleFor(n) >= n && scaleFor(n) <= n * 2.5),
    );
  });

  it('are as high as their counts', () => {
    const weeks = [
      { from: fromNow(0), due: 5, expiring: 0 },
      { from: fromNow(7 * 86_400_000), due: 1, expiring: 10 },
    ];
    expect(weekColumns(weeks).top).toBe(10);
    expect(
      weekColumns(weeks).columns.map(({ dueHeight, expiringHeight }) => [dueHeight, expiringHeight]),
    ).toEqual([
      [0.5, 0],
      [0.1, 1],
    ]);
    expect(weekColumns([])).toEqual({ top: 1, columns: [] });
  });
});

describe('the budget of an authority', () => {
  const limit = { id: 'o', title: 'Orders', free: 0, refillSeconds: 1, fullAt: fromNow(0) };

  it.each([
    [0, 100, 0, 'good'],
    [75, 100, 0.75, 'warning'],
    [95, 100, 0.95, 'bad'],
    [120, 100, 1, 'bad'],
    [0, 0, 1, 'bad'],
  ])('of which %d of %d is used is %d full and %s', (used, capacity, share, tone) => {
    expect(limitUse({ ...limit, used, capacity })).toEqual({ share, tone });
  });

  it('says in words why it is closed, also for a reason that it does not know', () => {
    expect(closureSentence('outage')).toBe('It does not answer.');
    expect(closureSentence('under repair')).toBe('Under repair.');
  });
});

describe('the verdict on the fleet', () => {
  const forecast = sampleForecast();
  const closed = { until: fromNow(1), reason: 'outage', detail: '' };

  it.each([
    [sampleForecast({ atRisk: 2 }), 'bad', /2 certificates would end before/],
    [sampleForecast({ atRisk: 1 }), 'bad', /One certificate would end before/],
    [
      sampleForecast({ authorities: forecast.authorities.map((one) => ({ ...one, closed })) }),
      'warning',
      /No authority takes orders now/,
    ],
    [sampleForecast({ lastTurnAt: null }), 'good', /No certificate waits/],
    [forecast, 'good', /17 certificates wait for their turns/],
  ] as const)('is told first', (reply, tone, sentence) => {
    expect(fleetVerdict(reply)).toEqual({ tone, sentence: expect.stringMatching(sentence) });
  });
});

describe('an operation that does not run', () => {
  const resumesAt = fromNow(3_600_000);
  const cancelled = {
    code: 'operation_cancelled',
    hop: 'control plane',
    title: 'The operation was cancelled',
    detail: 'd',
    remedy: 'r',
    retryable: false,
  };

  it.each([
    ['running', renewalOf(0), 'Renewing the certificate'],
    ['waiting', renewalOf(0, { resumesAt }), 'The renewal waits for its turn'],
    ['running', renewalOf(0, { resumesAt: fromNow(-1000) }), 'Renewing the certificate'],
    ['postponed', renewalOf(0, { status: 'postponed', resumesAt }), 'The renewal goes on later'],
    ['cancelled', renewalOf(0, { status: 'failed', error: cancelled }), 'The renewal was cancelled'],
    ['failed', renewalOf(0, { status: 'failed' }), 'The renewal stopped'],
    ['succeeded', renewalOf(0, { kind: 'revoke', status: 'succeeded' }), 'Certificate replaced'],
  ])('is %s', (state, operation, title) => {
    expect(operationState(operation, now)).toBe(state);
    expect(operationTitle(operation, now)).toBe(title);
    expect(progressSentence(operation, now)).toContain(title);
  });
});

describe('a step', () => {
  it.each([
    ['running', 'running', 'running'],
    ['running', 'waiting', 'paused'],
    ['failed', 'cancelled', 'cancelled'],
    ['failed', 'failed', 'failed'],
    ['failed', 'postponed', 'paused'],
    ['waiting', 'postponed', 'paused'],
    ['succeeded', 'postponed', 'succeeded'],
    ['succeeded', 'cancelled', 'succeeded'],
  ] as const)('that is %s in an operation that is %s is shown as %s', (status, whole, shown) => {
    expect(stepStateOf({ name: 'n', status, startedAt: fromNow(-1000) }, whole)).toBe(shown);
  });

  it('that never began still waits in an operation that was postponed', () => {
    expect(stepStateOf({ name: 'n', status: 'waiting' }, 'postponed')).toBe('waiting');
  });
});

describe('words of the services', () => {
  it('are sentences', () => {
    expect(asSentence('closed until 2027-02-19T17:31:00.000Z')).toMatch(
      /^Closed until Feb \d+, 2027, \d\d:\d\d\.$/,
    );
    expect(['it broke', 'It broke.', ' why? ', ''].map(asSentence)).toEqual([
      'It broke.',
      'It broke.',
      'Why?',
      '',
    ]);
  });

  it('of the history are known, with and without their area, or shown as they are', () => {
    expect(['certificate.served', 'served', 'key-rolled'].map(eventSentence)).toEqual([
      'Seen in service',
      'Seen in service',
      'key rolled',
    ]);
    expect(['keyCompromise', 'toString'].map(isRevocationReason)).toEqual([true, false]);
  });

  it('of its details are shortened to what a person reads', () => {
    expect(readableDetail(`${'ab'.repeat(32)} by local, until 2027-02-19T17:31:00.000Z`)).toMatch(
      /^abababababab… by local, until Feb \d+, 2027, \d\d:\d\d$/,
    );
    expect(readableDetail('acme_rate_limited: later')).toBe('acme_rate_limited: later');
  });

  it('of a fleet replacement count what is done', () => {
    expect(drillSentence(sampleDrill())).toBe('120 of 480 certificates are replaced and in service, 25 %.');
    expect(drillSentence(sampleDrill({ status: 'succeeded' }))).toBe('All 480 certificates are replaced.');
    expect(drillSentence(sampleDrill({ total: 0, replaced: 0 }))).toBe('No certificate is to be replaced.');
  });
});

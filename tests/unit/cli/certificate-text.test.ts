import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { renderCertificate } from '#cli/text/certificate.ts';
import { describeDrill } from '#cli/text/drill.ts';
import { renderForecast } from '#cli/text/forecast.ts';
import { describeMoment, formatDistance } from '#cli/text/moment.ts';
import { changesSince, describeRunning, renderOperation } from '#cli/text/operation.ts';
import { drawTimeLine } from '#cli/text/time-line.ts';
import {
  firstCertificate,
  renewalOf,
  sampleCertificate,
  sampleDrill,
  sampleForecast,
  sampleLeaf,
  waitingCertificate,
} from '../../support/certificate-samples.ts';

const start = Date.parse('2026-01-01T00:00:00Z');
const at = (days: number): number => start + days * 86_400_000;
const day = (days: number): string => new Date(at(days)).toISOString();
const unpainted = (_: string, text: string): string => text;

/** Forty days, so that a line of 41 characters has one a day. */
const served = sampleCertificate({
  leaf: sampleLeaf({ notBefore: day(0), issuedAt: day(0), notAfter: day(40), servedAt: day(0) }),
  window: { start: day(24), end: day(28) },
  dueAt: day(26),
  emergencyAt: day(34),
  checkAt: null,
  next: { what: 'It is renewed.', at: day(26) },
  history: [],
});

describe('the time line in text', () => {
  it('has issue, what has passed, now, the window with the due moment, the emergency and the end', () => {
    expect(drawTimeLine(served, at(10), 41)).toEqual(['|=========o-------------~~D~~-----!!!!!!|']);
  });

  it('has the one before above it, as long as that is in service', () => {
    const previous = sampleLeaf({ notBefore: day(-40), notAfter: day(10) });
    expect(drawTimeLine({ ...served, previous }, at(2), 81)).toEqual([
      `${'='.repeat(50)}|`,
      `${' '.repeat(40)}|=o---------------------~~D~~-----!!!!!!|`,
    ]);
  });

  it('needs a leaf', () => {
    expect(drawTimeLine(firstCertificate(), Date.now(), 41)).toBeUndefined();
  });

  it('is as wide as it was asked to be, whenever now is', () => {
    fc.assert(
      fc.property(fc.integer({ min: -400, max: 400 }), fc.integer({ min: 20, max: 120 }), (now, width) => {
        expect(drawTimeLine(served, at(now), width)?.[0]).toHaveLength(width);
      }),
    );
  });
});

describe('a certificate in text', () => {
  it('explains, says what is next, and lists the moments with their signs', () => {
    const text = renderCertificate('web-01', served, at(10), unpainted);
    expect(text.split('\n').slice(0, 12)).toEqual([
      'web-01: served',
      'The machine serves this certificate; it was seen in a live handshake.',
      'The authority suggests renewing it within its window.',
      'Next: It is renewed. 2026-01-27 00:00 UTC, in 16 d',
      '',
      expect.stringMatching(/^\|=+o-+~+D~+-+!+\|$/),
      '(o now, = passed)',
      '| issued     2026-01-01 00:00 UTC, 10 d ago',
      '~ window     2026-01-25 00:00 UTC to 2026-01-29 00:00 UTC',
      'D due        2026-01-27 00:00 UTC, in 16 d',
      '! emergency  2026-02-04 00:00 UTC, in 24 d',
      '| ends       2026-02-10 00:00 UTC, in 30 d',
    ]);
    expect(text).toMatch(/^key held by {4}Key Vault$/m);
    expect(text).toMatch(/^issued by {6}sample-ca, https:/m);
  });

  it('says for whom it waits, and what failed last, without steering the terminal', () => {
    const certificate = waitingCertificate();
    const text = renderCertificate('a\x1b[2J', certificate, Date.now(), unpainted);
    expect(text).not.toContain('\x1b');
    expect(text).toMatch(
      /^waits for {6}its turn at sample-ca, .* 14 go before: certificates of the registered/m,
    );
    expect(text).toMatch(/^last failure {3}authority_rate_limited, .*, 2 in a row: too many/m);
  });
});

it('times are absolute and relative', () => {
  expect(
    [0, 90, -3600, 47 * 3600, -50 * 3600].map((s) =>
      formatDistance(new Date(start + s * 1000).toISOString(), start),
    ),
  ).toEqual(['now', 'in 1 min', '1 h ago', 'in 47 h', '2 d ago']);
  expect(describeMoment(day(3), start)).toBe('2026-01-04 00:00 UTC, in 3 d');
});

describe('the forecast in text', () => {
  it('has a line for each authority and each limit, and a bar for each week', () => {
    const text = renderForecast(sampleForecast(), Date.now(), unpainted);
    expect(text).toMatch(/^certificates {2}482 served, 17 waiting, 1 delivered$/m);
    expect(text).toMatch(/^at risk {7}none$/m);
    expect(text).toMatch(/^sample-ca {2}1 +3 +13 +yes$/m);
    expect(text).toMatch(/^second-ca {2}0 +0 +0 +no, until .* \(outage: connect ECONNREFUSED\)$/m);
    expect(text).toMatch(/^sample-ca {2}Certificates of the registered domain +48 +2 +50 +2/m);
    const bars = text
      .split('\n')
      .flatMap((line) => /^\d{4}-\d\d-\d\d +(\d+) +(\d+) *(#*)(\+*)$/.exec(line) ?? []);
    expect(bars.length).toBe(13 * 5);
    expect(text).toMatch(/^\S+ +0 +44 {3}\++$/m);
  });

  it('names the first at risk', () => {
    const firstAtRisk = { machineId: 'm1', expiresAt: day(1), turnAt: day(2) };
    expect(renderForecast(sampleForecast({ atRisk: 2, firstAtRisk }), start, unpainted)).toContain(
      'at risk       2; the first, m1, ends 2026-01-02 00:00 UTC, in 24 h, its turn is 2026-01-03 00:00 UTC, in 2 d',
    );
  });
});

describe('a fleet replacement in text', () => {
  it('says how far it is and when it ends', () => {
    const drill = sampleDrill({ estimatedEnd: day(1) });
    expect(describeDrill(drill, start)).toBe(
      'drill drill234: running, 120 of 480 replaced (25 %), 20 left alone; expected to end 2026-01-02 00:00 UTC, in 24 h',
    );
    expect(describeDrill(sampleDrill({ status: 'cancelled', skipped: 0, endedAt: day(-1) }), start)).toBe(
      'drill drill234: cancelled, 120 of 480 replaced (25 %); ended 2025-12-31 00:00 UTC, 24 h ago',
    );
  });
});

describe('an operation that waits for its turn', () => {
  const waiting = renewalOf(0, { resumesAt: day(1) });

  it('tells its date once', () => {
    const told = { status: 'running', text: 'renew: waits for its turn until 2026-01-02 00:00 UTC' };
    expect(changesSince(renewalOf(0), waiting)).toEqual([told]);
    expect(changesSince(waiting, waiting)).toEqual([]);
    expect(describeRunning(waiting)).toBe(told.text);
  });

  it('that was postponed says when it goes on', () => {
    const postponed = renewalOf(0, { status: 'postponed', resumesAt: day(1) });
    expect(renderOperation(postponed)).toMatch(
      /^renew \S+: postponed, 0 %, goes on by itself at 2026-01-02 00:00 UTC\n/,
    );
  });
});

import type { Urgency } from './budget.ts';
import { leafInService } from './certificate.ts';
import { closureAt } from './closure.ts';
import {
  type AuthorityBudget,
  type FleetCertificate,
  scheduleFleet,
  sharedBuckets,
} from './fleet-schedule.ts';
import { nthTokenAt, tokensFree } from './token-bucket.ts';
import { isWaiting } from './turn.ts';

/** What the fleet's certificates are heading for. Times are ISO 8601. */
export interface Forecast {
  at: string;
  authorities: AuthorityForecast[];
  /** Certificates by state. */
  states: Record<string, number>;
  lastTurnAt: string | null;
  firstAtRisk: { machineId: string; expiresAt: string; turnAt: string } | null;
  atRisk: number;
  weeks: { from: string; expiring: number; due: number }[];
}

interface AuthorityForecast {
  name: string;
  authority: string;
  closed: { until: string; reason: string; detail: string } | null;
  limits: {
    id: string;
    title: string;
    capacity: number;
    used: number;
    free: number;
    refillSeconds: number;
    fullAt: string;
  }[];
  queue: Record<Urgency, number>;
}

const dayMs = 24 * 60 * 60_000;
const weekMs = 7 * dayMs;
/** Half a year: twice the longest lifetime of a certificate here (90 days). */
const weeksAhead = 26;

/** Monday, 00:00 UTC: ISO 8601's first day of the week; the epoch was a Thursday. */
const mondayOf = (now: number): number => Math.floor((now + 3 * dayMs) / weekMs) * weekMs - 3 * dayMs;

const iso = (ms: number): string => new Date(ms).toISOString();

function countBy<T extends string>(values: readonly T[]): Partial<Record<T, number>> {
  const counts: Partial<Record<T, number>> = {};
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1;
  return counts;
}

function forecastAuthority(authority: AuthorityBudget, now: number): AuthorityForecast {
  const closure = closureAt(authority.closure, now);
  const waiting = authority.waiters.filter((waiter) => isWaiting(waiter, now));
  return {
    name: authority.name,
    authority: authority.authority,
    closed: closure ? { until: closure.until, reason: closure.reason, detail: closure.detail } : null,
    limits: sharedBuckets(authority, now).map(({ limit, bucket }) => {
      const free = tokensFree(limit, bucket, now);
      return {
        id: limit.id,
        title: limit.title,
        capacity: limit.capacity,
        used: limit.capacity - free,
        free,
        refillSeconds: limit.refillMs / 1000,
        fullAt: iso(nthTokenAt(limit, bucket, now, limit.capacity)),
      };
    }),
    queue: { urgent: 0, install: 0, renewal: 0, ...countBy(waiting.map(({ urgency }) => urgency)) },
  };
}

/** By ISO week from this one on. What is overdue is due in this week; what has expired expires no more. */
function countWeeks(certificates: readonly FleetCertificate[], now: number): Forecast['weeks'] {
  const first = mondayOf(now);
  const weekOf = (time: number) => Math.floor((time - first) / weekMs);
  const live = certificates.filter(({ state }) => state !== 'withdrawn');
  const ends = live.flatMap((certificate) => leafInService(certificate)?.notAfter ?? []).map(Date.parse);
  const expiring = countBy(ends.filter((end) => end > now).map((end) => String(weekOf(end))));
  const dues = live.flatMap(({ dueAt }) => (dueAt === undefined ? [] : Math.max(now, Date.parse(dueAt))));
  const due = countBy(dues.map((time) => String(weekOf(time))));
  return Array.from({ length: weeksAhead }, (_, week) => ({
    from: iso(first + week * weekMs),
    expiring: expiring[week] ?? 0,
    due: due[week] ?? 0,
  }));
}

/** `now` is milliseconds since the epoch; authorities in order of preference. */
export function forecastFleet(
  authorities: readonly AuthorityBudget[],
  certificates: readonly FleetCertificate[],
  now: number,
): Forecast {
  const turns = scheduleFleet(authorities, certificates, now);
  const waiting = turns.filter((turn) => turn.isWaiting).map(({ turnAt }) => turnAt);
  const atRisk = turns
    .flatMap(({ machineId, turnAt, expiresAt }) =>
      expiresAt !== undefined && expiresAt <= turnAt ? { machineId, turnAt, expiresAt } : [],
    )
    .toSorted((a, b) => a.expiresAt - b.expiresAt);
  const [first] = atRisk;
  return {
    at: iso(now),
    authorities: authorities.map((authority) => forecastAuthority(authority, now)),
    states: countBy(certificates.map(({ state }) => state)),
    lastTurnAt: waiting.length > 0 ? iso(Math.max(...waiting)) : null,
    firstAtRisk: first
      ? { machineId: first.machineId, expiresAt: iso(first.expiresAt), turnAt: iso(first.turnAt) }
      : null,
    atRisk: atRisk.length,
    weeks: countWeeks(certificates, now),
  };
}

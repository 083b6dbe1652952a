import type { AuthorityForecast, ForecastReply, WeekOfExpiries } from '../api/replies.ts';
import type { Tone } from './machine-state.ts';
import { asSentence } from './words.ts';

export interface WeekColumn {
  /** Monday. */
  from: string;
  due: number;
  expiring: number;
  /** Heights as shares of the scale, 0 to 1. */
  dueHeight: number;
  expiringHeight: number;
}

/** The next number of the row 1, 2, 5, 10, 20, 50 and so on: a scale that ends there reads well. */
export function scaleFor(largest: number): number {
  if (largest <= 1) return 1;
  const decade = 10 ** Math.floor(Math.log10(largest));
  return ([1, 2, 5, 10].find((step) => step * decade >= largest) ?? 10) * decade;
}

/** The weeks as columns under one scale. */
export function weekColumns(weeks: readonly WeekOfExpiries[]): { top: number; columns: WeekColumn[] } {
  const top = scaleFor(Math.max(0, ...weeks.flatMap(({ due, expiring }) => [due, expiring])));
  const columns = weeks.map(
    ({ from, due, expiring }): WeekColumn => ({
      from,
      due,
      expiring,
      dueHeight: due / top,
      expiringHeight: expiring / top,
    }),
  );
  return { top, columns };
}

type Limit = AuthorityForecast['limits'][number];

/** Share of a limit that is used, 0 to 1, and how near its end it is. */
export function limitUse({ used, capacity }: Limit): { share: number; tone: Tone } {
  const share = capacity > 0 ? Math.min(1, Math.max(0, used / capacity)) : 1;
  return { share, tone: share >= 0.95 ? 'bad' : share >= 0.75 ? 'warning' : 'good' };
}

const closureWords = new Map([
  ['rate-limited', 'It asked us to slow down.'],
  ['outage', 'It does not answer.'],
  ['forbidden by CAA', 'The CAA records of the zone do not allow it.'],
  ['refused', 'It refuses our orders.'],
]);

export const closureSentence = (reason: string): string => closureWords.get(reason) ?? asSentence(reason);

export const queueLength = ({ queue }: AuthorityForecast): number =>
  queue.urgent + queue.install + queue.renewal;

/** The one thing to know of the fleet, first. */
export function fleetVerdict(forecast: ForecastReply): { tone: Tone; sentence: string } {
  const { atRisk, authorities, lastTurnAt } = forecast;
  if (atRisk > 0) {
    const sentence =
      atRisk === 1
        ? 'One certificate would end before its turn comes.'
        : `${atRisk} certificates would end before their turns come.`;
    return { tone: 'bad', sentence };
  }
  const open = authorities.filter(({ closed }) => !closed).length;
  if (authorities.length > 0 && open === 0)
    return { tone: 'warning', sentence: 'No authority takes orders now; no certificate is at risk yet.' };
  const waiting = authorities.reduce((sum, authority) => sum + queueLength(authority), 0);
  if (lastTurnAt === null || waiting === 0)
    return { tone: 'good', sentence: 'No certificate waits, and none is at risk.' };
  return {
    tone: 'good',
    sentence: `${waiting === 1 ? 'One certificate waits for its turn' : `${waiting} certificates wait for their turns`}, and none is at risk.`,
  };
}

import type { Resource } from '../resource-store.ts';

/** When a time-bound role assignment holds, in milliseconds since the epoch; `endsAt` undefined means for ever. */
export interface AssignmentSchedule {
  startsAt: number;
  endsAt?: number;
  /** Name of the request that made it. */
  request: string;
}

/** A lasting assignment has none. */
export const scheduleOf = ({ secret }: Resource): AssignmentSchedule | undefined =>
  secret['schedule'] as AssignmentSchedule | undefined;

/** ARM lists an assignment from its start and until its end, and not otherwise. */
export function isInForce(assignment: Resource, now: number): boolean {
  const schedule = scheduleOf(assignment);
  if (!schedule) return true;
  return schedule.startsAt <= now && (schedule.endsAt === undefined || now < schedule.endsAt);
}

const units = /^P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/;
const unitMs = [365 * 86_400, 30 * 86_400, 7 * 86_400, 86_400, 3600, 60, 1].map((seconds) => seconds * 1000);

/** An ISO 8601 duration in milliseconds (a year as 365 days, a month as 30), or undefined. */
export function parseDuration(text: string): number | undefined {
  const match = units.exec(text);
  if (!match || text === 'P' || text.endsWith('T')) return undefined;
  return unitMs.reduce((total, ms, index) => total + Number(match[index + 1] ?? 0) * ms, 0);
}

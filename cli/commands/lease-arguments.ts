import { z } from 'zod';
import { leaseLimits } from '#shared/domain/lease.ts';
import { UsageError } from '../failure.ts';
import { machineArgument } from './machine-argument.ts';

export const leaseArguments = { ...machineArgument, 'lease id': 'as `lease list` shows it' };

const { minimum, maximum } = leaseLimits.minutes;
export const minutesOption = { value: 'N', meaning: `for how long: minutes, ${minimum} to ${maximum}` };
export const purposeOption = {
  value: 'TEXT',
  meaning: 'what for: whoever decides reads it, and the audit keeps it',
};
export const messageOption = { value: 'TEXT', meaning: 'a word to whoever asked; the audit keeps it' };

/** Throws `UsageError`. */
export function parseMinutes(text: string | undefined, command: string): number {
  if (text === undefined) throw new UsageError('--minutes is missing', command);
  const minutes = Number(text);
  if (/^\d{1,5}$/.test(text) && minutes >= minimum && minutes <= maximum) return minutes;
  throw new UsageError(`--minutes must be a whole number from ${minimum} to ${maximum}`, command);
}

/** Throws `UsageError`. */
export function parsePurpose(text: string | undefined, command: string): string {
  const purpose = text?.trim() ?? '';
  if (text === undefined) throw new UsageError('--purpose is missing', command);
  const { minimum: shortest, maximum: longest } = leaseLimits.purpose;
  if (purpose.length >= shortest && purpose.length <= longest) return purpose;
  throw new UsageError(`--purpose must have ${shortest} to ${longest} characters`, command);
}

/**
 * A day or a time in UTC, `2026-01-31T18:00`, or a whole one with its offset; as the API reads it. Of a day it is the first
 * moment, or with `isEnd` the last one. Throws `UsageError`.
 */
export function parseTime(
  option: string,
  text: string | undefined,
  command: string,
  isEnd = false,
): string | undefined {
  if (text === undefined) return undefined;
  const [, day, time] = /^(\d{4}-\d\d-\d\d)(?:T(\d\d:\d\d)Z?)?$/.exec(text) ?? [];
  const moment = time === undefined ? (isEnd ? '23:59:59.999' : '00:00:00') : `${time}:00`;
  const whole = day === undefined ? text : `${day}T${moment}Z`;
  const at = z.iso.datetime({ offset: true }).safeParse(whole);
  if (at.success) return new Date(at.data).toISOString();
  throw new UsageError(`--${option} must be a day or a time in UTC: 2026-01-31, 2026-01-31T18:00`, command);
}

import { z } from 'zod';
import { badParameter } from './vault-error.ts';

/** Kept with the key; durations as the client wrote them (ISO 8601). */
export interface RotationPolicy {
  lifetimeActions: readonly {
    trigger: { timeAfterCreate?: string; timeBeforeExpiry?: string };
    action: { type: 'Rotate' | 'Notify' };
  }[];
  attributes: { expiryTime?: string; created: number; updated: number };
}

const day = 86_400;
/** The documentation's bounds: /azure/key-vault/keys/how-to-configure-key-rotation, "Key rotation policy". */
const shortestTriggerDays = 7;
const shortestExpiryDays = 28;

/** Seconds of a duration in years, months, weeks and days; a year has 365 days and a month 30, as the service counts. */
export function secondsOf(duration: string): number {
  const [whole, years = 0, months = 0, weeks = 0, days = 0] =
    /^P(?=\d)(?:(\d{1,3})Y)?(?:(\d{1,4})M)?(?:(\d{1,4})W)?(?:(\d{1,5})D)?$/.exec(duration) ?? [];
  if (whole === undefined)
    throw badParameter(`${duration.slice(0, 40)} is not a duration in days, months or years.`);
  return (Number(years) * 365 + Number(months) * 30 + Number(weeks) * 7 + Number(days)) * day;
}

function requireAtLeast(days: number, duration: string | null | undefined, field: string): void {
  if (duration && secondsOf(duration) < days * day)
    throw badParameter(`${field} ${duration} is shorter than the least that is allowed, ${days} days.`);
}

export const rotationPolicyParameters = z.object({
  lifetimeActions: z
    .array(
      z.object({
        trigger: z.object({ timeAfterCreate: z.string().nullish(), timeBeforeExpiry: z.string().nullish() }),
        action: z.object({ type: z.string().transform((type) => type.toLowerCase()) }),
      }),
    )
    .max(2)
    .nullish(),
  attributes: z.object({ expiryTime: z.string().nullish() }).nullish(),
});

/** Checks what a client wants; a policy of before keeps its time of creation. */
export function completeRotationPolicy(
  wanted: z.infer<typeof rotationPolicyParameters>,
  before: RotationPolicy | undefined,
  now: number,
): RotationPolicy {
  const expiryTime = wanted.attributes?.expiryTime;
  requireAtLeast(shortestExpiryDays, expiryTime, 'attributes.expiryTime');
  const lifetimeActions = (wanted.lifetimeActions ?? []).map(({ trigger, action }) => {
    const { timeAfterCreate, timeBeforeExpiry } = trigger;
    if (action.type !== 'rotate' && action.type !== 'notify')
      throw badParameter(
        `lifetimeActions.action.type ${action.type.slice(0, 40)} is neither Rotate nor Notify.`,
      );
    if (Boolean(timeAfterCreate) === Boolean(timeBeforeExpiry))
      throw badParameter('lifetimeActions.trigger needs either timeAfterCreate or timeBeforeExpiry.');
    if (timeBeforeExpiry && !expiryTime)
      throw badParameter('lifetimeActions.trigger.timeBeforeExpiry needs attributes.expiryTime.');
    requireAtLeast(shortestTriggerDays, timeAfterCreate, 'timeAfterCreate');
    requireAtLeast(shortestTriggerDays, timeBeforeExpiry, 'timeBeforeExpiry');
    return {
      trigger: { ...(timeAfterCreate && { timeAfterCreate }), ...(timeBeforeExpiry && { timeBeforeExpiry }) },
      action: { type: action.type === 'rotate' ? ('Rotate' as const) : ('Notify' as const) },
    };
  });
  const created = before?.attributes.created ?? now;
  return { lifetimeActions, attributes: { ...(expiryTime && { expiryTime }), created, updated: now } };
}

/** What the service answers for a key whose policy nobody has set. */
export const defaultRotationPolicy = (now: number): RotationPolicy => ({
  lifetimeActions: [{ trigger: { timeBeforeExpiry: 'P30D' }, action: { type: 'Notify' } }],
  attributes: { created: now, updated: now },
});

/** The second at which the version is to be replaced, or undefined when the policy never does. */
export function rotationDue(
  policy: RotationPolicy,
  version: { created: number; expires?: number },
): number | undefined {
  const trigger = policy.lifetimeActions.find(({ action }) => action.type === 'Rotate')?.trigger;
  if (trigger?.timeAfterCreate) return version.created + secondsOf(trigger.timeAfterCreate);
  if (trigger?.timeBeforeExpiry && version.expires !== undefined)
    return version.expires - secondsOf(trigger.timeBeforeExpiry);
  return undefined;
}

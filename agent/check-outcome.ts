import type { HostCheck } from '#shared/domain/host-check.ts';

/** A check before it has its name. */
export type Outcome = Omit<HostCheck, 'id'>;

export const good = (found: string): Outcome => ({ ok: true, found });
export const bad = (found: string, next: string): Outcome => ({ ok: false, found, next });
/** It could not be told, or does not apply. */
export const untold = (found: string): Outcome => ({ ok: null, found });

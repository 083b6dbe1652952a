import type { KeyCustody } from './certificate.ts';
import { type AuthorityBudget, type FleetCertificate, scheduleFleet } from './fleet-schedule.ts';

/** A machine that is to be installed and has no certificate, in the order of its fleet. */
export interface WantedCertificate {
  machineId: string;
  custody: KeyCustody;
}

/**
 * When the authorities' budgets allow each of these certificates, milliseconds since the epoch: behind everybody who
 * waits already and everything that is due, in their own order. A fleet of installs begins no machine before its turn,
 * so that it takes what is left over and nobody queues behind it.
 */
export function turnsOf(
  authorities: readonly AuthorityBudget[],
  certificates: readonly FleetCertificate[],
  wanted: readonly WantedCertificate[],
  now: number,
): Map<string, number> {
  const ids = new Set(wanted.map(({ machineId }) => machineId));
  const dueAt = new Date(now).toISOString();
  const others = certificates.filter(({ machineId }) => !ids.has(machineId));
  const firsts = wanted.map((one): FleetCertificate => ({ ...one, state: 'waiting', dueAt }));
  const turns = scheduleFleet(authorities, [...others, ...firsts], now);
  return new Map(turns.flatMap(({ machineId, turnAt }) => (ids.has(machineId) ? [[machineId, turnAt]] : [])));
}

import type { ReserveTurnInput } from '#orchestrations/reserve-turn/activities.ts';
import type { AuditDocument } from '#shared/domain/audit-documents.ts';
import type { RateLimit, Reservation, TurnRequest } from '#shared/domain/budget.ts';
import type { IssuedLeaf } from '#shared/domain/certificate.ts';
import { certificateMoves } from '#shared/domain/certificate-lifecycle.ts';
import type { AnyDocument, CertificateDocument } from '#shared/domain/documents.ts';
import { tokensFree } from '#shared/domain/token-bucket.ts';
import { isWaiting, limitOfBucket } from '#shared/domain/turn.ts';
import type { BudgetStore, StoredBudget } from '#shared/ports/budget-store.ts';
import type { ServingWatch } from './simulated-machine.ts';

const hourMs = 60 * 60_000;

/** A machine that has been on for so long has had its chance: longer than any pause between two tries near an end. */
const chanceMs = hourMs;

type State = keyof typeof certificateMoves;
type EventType = keyof (typeof certificateMoves)['none'];

/** What the audit trail says of each event. */
const eventOf: Readonly<Record<string, EventType>> = {
  'certificate requested': 'request',
  'certificate planned': 'wait',
  'certificate ordered': 'order',
  'certificate failed': 'fail',
  'certificate issued': 'issue',
  'certificate advised': 'advise',
  'certificate delivered': 'deliver',
  'certificate served': 'serve',
  'certificate replacement-requested': 'replace',
  'certificate replacement-called-off': 'call-off',
  'certificate revoked': 'revoke',
  'certificate expired': 'expire',
  'certificate withdrawn': 'withdraw',
};

const partOf = ({ notBefore, notAfter }: IssuedLeaf, at: number): number =>
  (at - Date.parse(notBefore)) / (Date.parse(notAfter) - Date.parse(notBefore));

/** What must hold at every moment; `broken` has a sentence for each time that it did not. */
export function createWatch(now: () => number) {
  const broken: string[] = [];
  const states = new Map<string, State>();
  const openIssues = new Set<string>();
  const reservations = new Map<string, Reservation>();
  let asking: TurnRequest | undefined;
  const failures = new Map<string, number>();
  const renewals = new Map<string, { latest: number; sum: number; count: number }>();
  const figures = { endedWhileOff: 0, endedAfterReturn: 0, longestRecoveryMs: 0, audits: 0, postponed: 0 };

  let isOver = false;

  const complain = (sentence: string): void => {
    broken.push(`${new Date(now()).toISOString()}: ${sentence}`);
  };

  function checkMove(machineId: string, certificate: CertificateDocument, audit: AuditDocument | undefined) {
    const from = states.get(machineId) ?? 'none';
    states.set(machineId, certificate.state);
    if (!audit) {
      if (from !== certificate.state)
        complain(`${machineId} went unseen from ${from} to ${certificate.state}`);
      return;
    }
    figures.audits += 1;
    const event = eventOf[audit.action];
    // Revoking the one before it leaves the newest where it is.
    const isOfAnother = event === 'revoke' && audit.detail !== certificate.leaf?.thumbprint;
    const to = isOfAnother ? from : event && certificateMoves[from][event];
    if (to !== certificate.state)
      complain(`${machineId} went from ${from} to ${certificate.state} by ${audit.action}`);
  }

  /** Of each shared bucket that gave a token there is one left for each urgent one that waits for it. */
  function checkOrder(
    { machineId, buckets: from }: Reservation,
    limits: readonly RateLimit[],
    budget: StoredBudget,
  ) {
    for (const bucket of budget.buckets.filter(({ id }) => from.includes(id))) {
      const limit = limitOfBucket(limits, bucket.id);
      if (!limit) continue;
      const urgent = budget.waiters.filter(
        (waiter) =>
          waiter.urgency === 'urgent' && waiter.needs.includes(limit.id) && isWaiting(waiter, now()),
      );
      if (tokensFree(limit, bucket, now()) < urgent.length)
        complain(`${machineId} goes before ${urgent.length} that are urgent (${limit.title})`);
    }
  }

  /** The old leaf's share of its lifetime at which another took its place, by who issued the old one. */
  function noteRenewal(before: IssuedLeaf): void {
    const known = renewals.get(before.issuedBy.name) ?? { latest: 0, sum: 0, count: 0 };
    const part = partOf(before, now());
    renewals.set(before.issuedBy.name, {
      latest: Math.max(known.latest, part),
      sum: known.sum + part,
      count: known.count + 1,
    });
  }

  const serving: ServingWatch = {
    endedInService(machineId, leaf, onForMs) {
      if (isOver) return;
      if (onForMs === undefined) figures.endedWhileOff += 1;
      else if (onForMs < chanceMs) figures.endedAfterReturn += 1;
      else complain(`${machineId} serves ${leaf.thumbprint.slice(0, 8)}, which ended at ${leaf.notAfter}`);
    },
    replaced(before, _after, wasOn) {
      if (before && wasOn) noteRenewal(before);
    },
    recovered(_, afterMs) {
      figures.longestRecoveryMs = Math.max(figures.longestRecoveryMs, afterMs);
    },
  };

  return {
    broken,
    figures,
    failures,
    renewals,
    reservations,
    openIssues,
    serving,
    complain,

    /** From now on nothing is renewed: what ends ends. */
    close(): void {
      isOver = true;
    },

    committed(machineId: string, written: readonly AnyDocument[]): void {
      const certificate = written.find((document) => document.type === 'certificate');
      const audit = written.find(({ type }) => type === 'audit') as AuditDocument | undefined;
      if (certificate?.type === 'certificate') checkMove(machineId, certificate, audit);
      for (const document of written) {
        if (document.type !== 'operation') continue;
        if (document.status === 'postponed') figures.postponed += 1;
        if (document.status !== 'failed') continue;
        const code = document.error?.code ?? 'unknown';
        failures.set(code, (failures.get(code) ?? 0) + 1);
        // A 429 is a date, never a failure.
        if (code === 'certificate_rate_limited') complain(`${document.id} failed of a limit`);
      }
    },

    /** Around the flow that issues: never two for one machine. */
    issueStarts(machineId: string): () => void {
      if (openIssues.has(machineId)) complain(`two orders are open for ${machineId}`);
      openIssues.add(machineId);
      return () => openIssues.delete(machineId);
    },

    /** Whose turn it is that is asked for while budgets are written. */
    watchTurns<O>(reserveTurn: (input: ReserveTurnInput) => Promise<O>) {
      return async (input: ReserveTurnInput): Promise<O> => {
        asking = input.request;
        return reserveTurn(input);
      };
    },

    /** The same store; reservations are followed to their end, and nobody with time left goes before the urgent. */
    watchBudgets(budgets: BudgetStore, limitsOf: (authority: string) => readonly RateLimit[]): BudgetStore {
      return {
        ...budgets,
        async commit(authority, changes) {
          await budgets.commit(authority, changes);
          for (const change of changes) {
            if (!('reservation' in change)) continue;
            const { reservation } = change;
            const { id, state } = reservation;
            if (state !== 'reserved') {
              reservations.delete(id);
              continue;
            }
            reservations.set(id, reservation);
            if (asking?.urgency === 'renewal')
              checkOrder(reservation, limitsOf(authority), await budgets.read(authority));
          }
        },
      };
    },
  };
}

import type { CertificateRecord, CertificateState, IssuedLeaf, ReplacementRequest } from './certificate.ts';
import { emergencyAt } from './renewal.ts';

export interface Diagnosis {
  /** Sentences for a person, the most important first. */
  explanation: string[];
  /** `at` is null when it happens as soon as something outside does. */
  next: { what: string; at: string | null };
}

export interface DiagnosisContext {
  /** ISO 8601. */
  now: string;
  agentConnected: boolean;
  /** What the agent says that it serves. */
  servingThumbprint: string | undefined;
}

const day = 24 * 60 * 60_000;

/** `2026-12-01 14:20 UTC`. */
const moment = (iso: string): string => `${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC`;

function lifetimeLeft({ notAfter }: IssuedLeaf, now: string): string {
  const leftMs = Date.parse(notAfter) - Date.parse(now);
  if (leftMs <= 0) return `it ended on ${moment(notAfter)}`;
  const days = Math.floor(leftMs / day);
  return `it is good until ${moment(notAfter)} (${days > 0 ? `${days} days` : `${Math.ceil(leftMs / 3_600_000)} hours`} left)`;
}

const inService = ({ leaf, previous }: CertificateRecord): IssuedLeaf | undefined =>
  leaf?.servedAt === undefined ? previous : leaf;

function fateOf({ revoke, revokedAt }: ReplacementRequest): string {
  if (revokedAt !== undefined) return `; the old certificate was revoked on ${moment(revokedAt)}`;
  return revoke ? '; the old certificate is revoked once its replacement is served' : '';
}

type Rule = (record: CertificateRecord, context: DiagnosisContext) => string | undefined;

const stateSentence: Readonly<Record<CertificateState, Rule>> = {
  waiting: ({ plan, failure, wantedRequest }) =>
    plan
      ? `An order waits for its turn at ${plan.authority}: ${plan.reason.replace(/\.$/, '')}.`
      : failure
        ? `The last order failed, and the next try has a date.`
        : wantedRequest === undefined
          ? 'Nothing is ordered yet.'
          : 'The machine is asked to make a key and a certificate request.',
  ordered: () => 'An order is open at the certificate authority.',
  issued: (_, { agentConnected }) =>
    agentConnected
      ? 'A new certificate is issued; the agent has been told and has not fetched it yet.'
      : 'A new certificate is issued; the agent is not connected and will fetch it when it comes back.',
  delivered: () => 'The agent has fetched the new certificate; it has not been seen in a handshake yet.',
  served: ({ leaf }, { now }) =>
    leaf &&
    `The machine serves its certificate, issued by ${leaf.issuedBy.name}; ${lifetimeLeft(leaf, now)}.`,
  revoked: () => 'The certificate was revoked; browsers may refuse it until its replacement is served.',
  expired: () => 'The certificate ended before its replacement came; browsers refuse it.',
  withdrawn: () => 'The machine gave up its name and certificate.',
};

/** What is worth saying besides the state, in this order. */
const remarks: readonly Rule[] = [
  ({ replacement }) =>
    replacement &&
    `A replacement was asked for on ${moment(replacement.requestedAt)} (${replacement.reason})${fateOf(replacement)}.`,
  (record, { now }) => {
    const leaf = inService(record);
    if (!leaf || record.state === 'served' || record.state === 'withdrawn') return undefined;
    return `Until then the one before it stays in service; ${lifetimeLeft(leaf, now)}.`;
  },
  ({ failure }) =>
    failure &&
    `The last try failed on ${moment(failure.at)} at the hop "${failure.hop}": ${failure.detail} ${failure.remedy}${failure.count > 1 ? ` It failed ${failure.count} times in a row.` : ''}`,
  ({ leaf, state }, { servingThumbprint, agentConnected }) =>
    state === 'served' &&
    agentConnected &&
    leaf &&
    servingThumbprint !== undefined &&
    servingThumbprint !== leaf.thumbprint
      ? 'The agent now reports another certificate than the one on record; it fetches its state again every hour.'
      : undefined,
  ({ window, state }) =>
    window && state === 'served'
      ? `The authority suggests renewal between ${moment(window.start)} and ${moment(window.end)}.`
      : undefined,
  ({ checkFailures = 0 }) =>
    checkFailures > 0
      ? `The authority could not be asked for its suggestion ${checkFailures} times in a row; the last one holds.`
      : undefined,
  (record, { now }) => {
    const leaf = inService(record);
    return leaf && record.state !== 'withdrawn' && Date.parse(now) >= emergencyAt(leaf)
      ? 'Less than a sixth of its lifetime is left: its renewal goes before everything else.'
      : undefined;
  },
  ({ custody, state }) =>
    state === 'withdrawn'
      ? undefined
      : custody === 'machine'
        ? 'The machine holds the private key; the cloud has never seen it.'
        : 'The private key is in Key Vault and is delivered sealed to the agent’s own key.',
];

function nextStep(record: CertificateRecord, { agentConnected }: DiagnosisContext): Diagnosis['next'] {
  const { state, dueAt = null, plan, wantedRequest } = record;
  switch (state) {
    case 'waiting':
      if (plan) return { what: `It is ordered at ${plan.authority}.`, at: plan.turnAt };
      return wantedRequest === undefined
        ? { what: 'It is ordered.', at: dueAt }
        : { what: 'The machine sends its certificate request.', at: null };
    case 'ordered':
      return { what: 'The authority proves the names and issues it.', at: null };
    case 'issued':
      return {
        what: agentConnected ? 'The agent fetches it.' : 'The agent comes back and fetches it.',
        at: null,
      };
    case 'delivered':
      return { what: 'The agent reports that it serves it.', at: null };
    case 'served':
      return { what: 'It is renewed.', at: dueAt };
    case 'revoked':
    case 'expired':
      return { what: 'A replacement is ordered.', at: dueAt };
    case 'withdrawn':
      return { what: 'Nothing; an install begins anew.', at: null };
    default:
      return state satisfies never;
  }
}

/** Why a certificate is in the state it is in, and what happens next and when. */
export function diagnose(record: CertificateRecord, context: DiagnosisContext): Diagnosis {
  const sentences = [stateSentence[record.state], ...remarks].map((rule) => rule(record, context));
  return {
    explanation: sentences.filter((sentence) => sentence !== undefined),
    next: nextStep(record, context),
  };
}

import type { CertificateRecord, CertificateState, IssuedLeaf, ReplacementRequest } from './certificate.ts';
import { dueAt } from './renewal.ts';

/** The record when nothing is waited for any more. */
export function withoutTurn(record: CertificateRecord): CertificateRecord {
  const { plan: _, wantedRequest: __, ...rest } = record;
  return rest;
}

const ownDueAt = (leaf: IssuedLeaf, { window, point = 0.5 }: CertificateRecord) => dueAt(leaf, window, point);

/** A leaf in service that is revoked stays so, whoever else wants it replaced. */
export function askedFor(record: CertificateRecord, request: ReplacementRequest): CertificateRecord {
  const { revokedAt } = record.replacement ?? {};
  const replacement = { ...request, ...(revokedAt !== undefined && { revokedAt }) };
  return { ...record, replacement, dueAt: request.requestedAt };
}

const stageOf = ({ servedAt, deliveredAt }: IssuedLeaf): CertificateState =>
  servedAt !== undefined ? 'served' : deliveredAt !== undefined ? 'delivered' : 'issued';

/** An order that is open goes on: its certificate is paid for. One that waits is none, whatever it is for. */
export function calledOff(record: CertificateRecord, drill: string | undefined): CertificateRecord {
  const { replacement, ...rest } = record;
  const waitsAlone = !replacement && record.plan !== undefined;
  if (replacement?.drill !== drill || (!replacement && !waitsAlone)) return record;
  if (replacement?.revokedAt !== undefined) {
    // The leaf in service is revoked: no calling off makes it good again.
    const { drill: _, ...alone } = replacement;
    return { ...record, replacement: alone };
  }
  if (!record.leaf || record.state === 'ordered') return rest;
  const { previous, ...free } = {
    ...withoutTurn(rest),
    state: record.state === 'waiting' ? stageOf(record.leaf) : record.state,
    dueAt: ownDueAt(record.leaf, record),
  };
  return previous && record.leaf.servedAt === undefined ? { ...free, previous } : free;
}

/** Revoking the leaf that was replaced ends the replacement and leaves the new one untouched. */
export function revoked(
  record: CertificateRecord,
  { thumbprint, dueAt }: { thumbprint: string; dueAt: string },
  state: CertificateState,
  at: string,
): CertificateRecord {
  const { replacement, ...rest } = record;
  if (thumbprint === record.leaf?.thumbprint) {
    if (replacement?.revokedAt !== undefined) return record;
    return { ...rest, state, dueAt, ...(replacement && { replacement: { ...replacement, revokedAt: at } }) };
  }
  if (!replacement || record.previous?.thumbprint !== thumbprint) return record;
  if (record.leaf?.servedAt === undefined)
    return { ...record, replacement: { ...replacement, revokedAt: at } };
  const { previous: _, ...done } = rest;
  return { ...done, dueAt: ownDueAt(record.leaf, record) };
}

import type { AuditActor, AuditEntry } from '#shared/domain/audit.ts';
import type { AuditAction } from '#shared/domain/audit-actions.ts';
import type { CertificateRecord } from '#shared/domain/certificate.ts';
import { applyEvent, type CertificateEvent } from '#shared/domain/certificate-lifecycle.ts';
import type { CertificateDocument } from '#shared/domain/documents.ts';
import { AppError } from '#shared/domain/error.ts';
import type { Change, Stored } from '#shared/ports/machine-store.ts';
import { type AuditPorts, commitAudited } from './audit-trail.ts';

export type CertificateRecordPorts = AuditPorts;

/** Writers of one record that race each other settle within a few rounds: each loser reads again. */
const rounds = 8;
const service: AuditActor = { id: 'certificates', name: 'Certificate service', kind: 'service' };

/** What the audit record says of each event. */
const actions: Readonly<Record<CertificateEvent['type'], AuditAction>> = {
  request: 'certificate requested',
  wait: 'certificate planned',
  order: 'certificate ordered',
  fail: 'certificate failed',
  issue: 'certificate issued',
  advise: 'certificate advised',
  deliver: 'certificate delivered',
  serve: 'certificate served',
  replace: 'certificate replacement-requested',
  'call-off': 'certificate replacement-called-off',
  revoke: 'certificate revoked',
  expire: 'certificate expired',
  withdraw: 'certificate withdrawn',
};

/** What a person wants to know of an event besides its name; never a secret. */
function detailOf(event: CertificateEvent, record: CertificateRecord): string | undefined {
  switch (event.type) {
    case 'wait':
      return `${event.plan.authority}, ${event.plan.turnAt}: ${event.plan.reason}`;
    case 'fail':
      return `${event.error.code}: ${event.error.detail}`;
    case 'issue':
      return `${event.leaf.thumbprint} by ${event.leaf.issuedBy.name}, until ${event.leaf.notAfter}`;
    case 'advise':
      return `due ${record.dueAt ?? 'never'}`;
    case 'deliver':
    case 'serve':
    case 'revoke':
      return event.thumbprint;
    case 'replace':
      return event.request.reason;
    default:
      return undefined;
  }
}

/** Being told again what is known needs no audit record; nor does a poll that moved nothing. */
const isQuiet = (event: CertificateEvent, before: CertificateRecord | undefined, after: CertificateRecord) =>
  event.type === 'advise' && before?.dueAt === after.dueAt;

/**
 * The one writer of certificate records: applies the event to what is stored, writes record and audit in one
 * batch, and begins anew when somebody else was faster. Answers the record as it is then. Without a record, events
 * that only a record can take answer undefined. What was just read need not be read again: `known`.
 */
export async function moveCertificate(
  ports: CertificateRecordPorts,
  machineId: string,
  event: CertificateEvent,
  actor: AuditActor = service,
  known?: Stored<CertificateDocument>,
): Promise<CertificateRecord | undefined> {
  const { store, now } = ports;
  for (let round = 1; ; round += 1) {
    const found = round === 1 && known ? known : await store.read(machineId, 'certificate');
    const begins = event.type === 'request' || event.type === 'wait' || event.type === 'order';
    if (!found && !begins && event.type !== 'issue') return undefined;
    const at = now().toISOString();
    const record = applyEvent(found?.document, event, at);
    if (record === found?.document) return record;
    const document: CertificateDocument = { ...record, type: 'certificate', machineId };
    const detail = detailOf(event, record);
    const change: Change = found ? { replace: document, etag: found.etag } : { create: document };
    const entry: AuditEntry = {
      actor,
      action: actions[event.type],
      outcome: event.type === 'fail' ? 'failed' : 'succeeded',
      ...(detail !== undefined && { detail }),
    };
    try {
      if (isQuiet(event, found?.document, record)) await store.commit(machineId, [change]);
      else await commitAudited(ports, machineId, [change], entry);
      return record;
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'etag_mismatch' || round === rounds) throw error;
    }
  }
}

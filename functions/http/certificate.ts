import type { z } from 'zod';
import type { RenewCertificateInput } from '#orchestrations/renew-certificate/orchestrator.ts';
import type { RevokeCertificateInput } from '#orchestrations/revoke-certificate/orchestrator.ts';
import type { AuditDocument } from '#shared/domain/audit-documents.ts';
import type { IssuedLeaf } from '#shared/domain/certificate.ts';
import { diagnose } from '#shared/domain/certificate-doctor.ts';
import type { AgentDocument, CertificateDocument } from '#shared/domain/documents.ts';
import { AppError } from '#shared/domain/error.ts';
import { emergencyAt } from '#shared/domain/renewal.ts';
import { operationReply, problem } from '#shared/protocol/api.ts';
import { certificateReply, renewalRequest, revocationRequest } from '#shared/protocol/certificate-api.ts';
import { readAudit } from '../audit-reading.ts';
import { beginOperation, begunBy } from '../begin-operation.ts';
import type { AppPorts, PortsProvider } from '../ports.ts';
import { auditedCaller } from './audit-actor.ts';
import { requireIfMatch } from './if-match.ts';
import { type MachineAccess, openMachine, requireRight } from './machine-access.ts';
import { presenceOf } from './machine-view.ts';
import { acceptedReply } from './operations.ts';
import { defineRoute, type RouteCall } from './route.ts';

type CertificateReply = z.input<typeof certificateReply>;

const route = 'api/machines/{id}/certificate';
const refusals = { 401: problem, 403: problem, 404: problem, 409: problem, 412: problem } as const;
/** Audit records that are looked through, and what is shown of them. */
const history = { read: 2_000, shown: 50, size: 200 } as const;

function viewLeaf(leaf: IssuedLeaf | undefined): CertificateReply['leaf'] {
  if (!leaf) return null;
  const { thumbprint, serialNumber, notBefore, notAfter, hostNames, custody, issuedBy, issuedAt } = leaf;
  return {
    thumbprint,
    serialNumber,
    notBefore,
    notAfter,
    hostNames,
    custody,
    issuedBy: { name: issuedBy.name, authority: issuedBy.authority },
    issuedAt,
    deliveredAt: leaf.deliveredAt ?? null,
    servedAt: leaf.servedAt ?? null,
  };
}

/** With a point where it was recorded before the audit was a chain. */
const certificateAction = /^certificate[ .]/;

/** The newest of what happened to the certificate, among everything that happened to the machine. */
async function readHistory(ports: AppPorts, machineId: string): Promise<AuditDocument[]> {
  const found: AuditDocument[] = [];
  let read = 0;
  for await (const record of readAudit(ports, machineId, history)) {
    if (certificateAction.test(record.action)) found.push(record);
    read += 1;
    if (found.length === history.shown || read === history.read) break;
  }
  return found;
}

function viewCertificate(
  record: CertificateDocument,
  related: { agent: AgentDocument | undefined; audits: readonly AuditDocument[] },
  now: Date,
): CertificateReply {
  const { agent, audits } = related;
  const { explanation, next } = diagnose(record, {
    now: now.toISOString(),
    agentConnected: presenceOf(agent, now).connected,
    servingThumbprint: agent?.servingThumbprint,
  });
  const { leaf, previous, replacement } = record;
  return {
    state: record.state,
    custody: record.custody,
    explanation,
    next,
    leaf: viewLeaf(leaf),
    previous: viewLeaf(previous),
    dueAt: record.dueAt ?? null,
    emergencyAt: leaf ? new Date(emergencyAt(leaf)).toISOString() : null,
    window: record.window ?? null,
    checkAt: record.checkAt ?? null,
    plan: record.plan ?? null,
    failure: record.failure ?? null,
    replacement: replacement
      ? { reason: replacement.reason, revoke: replacement.revoke, requestedAt: replacement.requestedAt }
      : null,
    history: audits.map(({ at, action, detail }) => ({
      at,
      event: action.replace(certificateAction, ''),
      detail: detail ?? null,
    })),
  };
}

/** What an operation on this machine's certificate is about. Throws `extension_not_installed`. */
function subjectOf({ machine }: MachineAccess) {
  const { machineId, resourceId, nextName, custody = 'vault' } = machine;
  const machineName = nextName?.machineName ?? machine.machineName;
  if (machineName === undefined || machine.extension?.installedAt === undefined)
    throw new AppError('extension_not_installed', 'a machine without an install has no certificate to renew');
  return { machineId, resourceId, machineName, custody };
}

async function openInstalled(call: RouteCall<unknown>) {
  const access = await openMachine(call.ports, call.caller, call.parameter('id'));
  const decision = await requireRight(access, 'install');
  const isConditional = requireIfMatch(call.request, access.etag);
  return {
    access,
    isConditional,
    by: begunBy(auditedCaller(call.caller, call.request), decision),
    stored: { document: access.machine, etag: access.etag },
    subject: subjectOf(access),
  };
}

export function registerCertificate(provider: PortsProvider): void {
  defineRoute(
    provider,
    {
      name: 'getCertificate',
      method: 'GET',
      route,
      audience: 'user',
      applications: true,
      summary: 'The certificate of a machine: its state, why it is so, what happens next and when',
      replies: { 200: certificateReply, 401: problem, 404: problem, 409: problem },
    },
    async ({ ports, caller, parameter }) => {
      const { machine } = await openMachine(ports, caller, parameter('id'));
      const { machineId } = machine;
      const [certificate, agent, audits] = await Promise.all([
        ports.store.read(machineId, 'certificate'),
        ports.store.read(machineId, 'agent'),
        readHistory(ports, machineId),
      ]);
      if (!certificate) throw new AppError('certificate_missing', 'no certificate is on record');
      const related = { agent: agent?.document, audits };
      return {
        headers: { etag: certificate.etag },
        body: viewCertificate(certificate.document, related, ports.now()),
      };
    },
  );

  defineRoute(
    provider,
    {
      name: 'renewCertificate_post',
      method: 'POST',
      route: `${route}/renewals`,
      audience: 'user',
      applications: true,
      summary: 'Renew now; with `keys` the machine changes who holds the private key',
      body: renewalRequest,
      replies: { 202: operationReply, 400: problem, 411: problem, ...refusals },
    },
    async (call) => {
      const { stored, subject, isConditional, by } = await openInstalled(call);
      const input: RenewCertificateInput = {
        ...subject,
        custody: call.body.keys ?? subject.custody,
      };
      return acceptedReply(
        await beginOperation(call.ports, call.durable(), {
          machine: stored,
          kind: 'renew',
          input,
          ...by,
          isConditional,
        }),
      );
    },
  );

  defineRoute(
    provider,
    {
      name: 'revokeCertificate_post',
      method: 'POST',
      route: `${route}/revocations`,
      audience: 'user',
      applications: true,
      summary: 'Replace the certificate and revoke the old one; for a compromised key revoke first',
      body: revocationRequest,
      replies: { 202: operationReply, 400: problem, 411: problem, ...refusals },
    },
    async (call) => {
      const { stored, subject, isConditional, by } = await openInstalled(call);
      const certificate = await call.ports.store.read(subject.machineId, 'certificate');
      if (!certificate?.document.leaf)
        throw new AppError('certificate_missing', 'there is no certificate to revoke');
      const { requestedBy } = by;
      const input: RevokeCertificateInput = { ...subject, reason: call.body.reason, requestedBy };
      return acceptedReply(
        await beginOperation(call.ports, call.durable(), {
          machine: stored,
          kind: 'revoke',
          input,
          ...by,
          isConditional,
        }),
      );
    },
  );
}

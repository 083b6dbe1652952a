import type { z } from 'zod';
import { accessPeopleReply, accessReply } from '#shared/protocol/access-api.ts';
import {
  type auditExportQuery,
  auditExportReply,
  auditedMachinesReply,
  type auditQuery,
  auditReply,
  auditVerifyReply,
} from '#shared/protocol/audit-api.ts';
import {
  type leaseDecisionRequest,
  type leaseExtensionRequest,
  leaseListReply,
  leasePolicyReply,
  type leasePolicyRequest,
  leaseReply,
  type leaseRequest,
} from '#shared/protocol/lease-api.ts';
import { type Asked, machinePath, withQuery } from './api-paths.ts';
import type { Call } from './http-client.ts';

/** Milliseconds: a chain is read and checked from its first record. */
const chainPatienceMs = 230_000;

const leasesPath = (id: string) => `${machinePath(id)}/leases`;
const leasePath = (id: string, leaseId: string) => `${leasesPath(id)}/${encodeURIComponent(leaseId)}`;
const auditPath = (id: string) => `${machinePath(id)}/audit`;

/** Every question as text: numbers are read by the API. */
type Question<S extends z.ZodType> = Asked<Record<keyof z.input<S> & string, string>>;

/** Routes about who may, who did, and leases; each with the schema of its reply. */
export const createAccessApi = (call: Call) => ({
  explainAccess: (id: string, wanted: Asked<{ principal: string }>) =>
    call('GET', withQuery(`${machinePath(id)}/access`, wanted), accessReply),
  listPeople: (id: string) => call('GET', `${machinePath(id)}/access/people`, accessPeopleReply),

  requestLease: (id: string, request: z.input<typeof leaseRequest>) =>
    call('POST', leasesPath(id), leaseReply, request),
  listLeases: (id: string) => call('GET', leasesPath(id), leaseListReply),
  listOwnLeases: (wanted: Asked<{ waiting: 'true' }>) =>
    call('GET', withQuery('/api/leases', wanted), leaseListReply),
  getLease: (id: string, leaseId: string) => call('GET', leasePath(id, leaseId), leaseReply),
  decideLease: (id: string, leaseId: string, decision: z.input<typeof leaseDecisionRequest>) =>
    call('POST', `${leasePath(id, leaseId)}/decision`, leaseReply, decision),
  extendLease: (id: string, leaseId: string, request: z.input<typeof leaseExtensionRequest>) =>
    call('POST', `${leasePath(id, leaseId)}/extensions`, leaseReply, request),
  endLease: (id: string, leaseId: string) => call('DELETE', leasePath(id, leaseId), leaseReply),
  getLeasePolicy: (id: string) => call('GET', `${machinePath(id)}/lease-policy`, leasePolicyReply),
  setLeasePolicy: (id: string, policy: z.input<typeof leasePolicyRequest>) =>
    call('PUT', `${machinePath(id)}/lease-policy`, leasePolicyReply, policy),

  listAudit: (id: string, question: Question<typeof auditQuery>) =>
    call('GET', withQuery(auditPath(id), question), auditReply),
  verifyAudit: (id: string, noted: Asked<{ sequence: string; mac: string }>) =>
    call('GET', withQuery(`${auditPath(id)}/verify`, noted), auditVerifyReply, undefined, chainPatienceMs),
  exportAudit: (id: string, question: Question<typeof auditExportQuery>) =>
    call('GET', withQuery(`${auditPath(id)}/export`, question), auditExportReply, undefined, chainPatienceMs),
  listAuditedMachines: () => call('GET', '/api/audit/machines', auditedMachinesReply),
});

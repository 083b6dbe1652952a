import type { AccessPeopleReply, AccessReply } from '#shared/protocol/access-api.ts';
import type { AuditedMachinesReply, AuditRecord, AuditVerifyReply } from '#shared/protocol/audit-api.ts';
import type { LeasePolicyReply, LeaseReply } from '#shared/protocol/lease-api.ts';
import type { ListedSession } from '#shared/protocol/session-api.ts';
import { reader, sampleAccess, samplePeople } from './portal-access-samples.ts';

/** What the service knows of access: a test sets it. */
export interface FakeAccess {
  access: AccessReply;
  people: AccessPeopleReply['value'];
  policy: LeasePolicyReply;
  leases: LeaseReply[];
  sessions: ListedSession[];
  /** Oldest first, as they were written. */
  audit: AuditRecord[];
  verdict: AuditVerifyReply;
  audited: AuditedMachinesReply['value'];
}

export const noAccess = (): FakeAccess => ({
  access: sampleAccess(),
  people: samplePeople(),
  policy: { required: false, byDeployment: false, givesRole: false },
  leases: [],
  sessions: [],
  audit: [],
  verdict: { intact: true, records: 0 },
  audited: [],
});

const isLive = ({ state }: ListedSession) => state === 'open' || state === 'opening';

function auditPage({ audit }: FakeAccess, path: string, query: URLSearchParams) {
  const before = Number(query.get('before') ?? Number.POSITIVE_INFINITY);
  const top = Number(query.get('top') ?? 50);
  const [action, outcome, actor] = ['action', 'outcome', 'actor'].map((name) => query.get(name));
  const found = audit
    .filter((record) => record.sequence < before)
    .filter((record) => !action || record.action.includes(action))
    .filter((record) => !outcome || record.outcome === outcome)
    .filter((record) => !actor || record.actor.name.includes(actor))
    .toReversed();
  const value = found.slice(0, top);
  const next = new URLSearchParams(query);
  next.set('before', String(value.at(-1)?.sequence ?? 0));
  return { value, ...(found.length > top && { nextLink: `${path}?${next}` }) };
}

function auditAnswer(known: FakeAccess, path: string, part: string, query: URLSearchParams) {
  if (part === 'audit/verify') return known.verdict;
  return part === 'audit' ? auditPage(known, path, query) : undefined;
}

function leaseAnswer({ leases }: FakeAccess, part: string, id: string) {
  if (part === 'leases') return { value: leases.filter(({ machineId }) => machineId === id) };
  const leaseId = /^leases\/([^/]+)$/.exec(part)?.[1];
  return leases.find((lease) => lease.id === leaseId);
}

/** The answer to a GET that is about access, if it is one. */
export function answerAccess(known: FakeAccess, path: string, query: URLSearchParams): object | undefined {
  const { sessions, leases } = known;
  const wanted = sessions.filter((session) => isLive(session) || query.get('ended') === 'true');
  if (path === '/api/me') return { ...reader, tenantId: 'tenant', address: null };
  if (path === '/api/audit/machines') return { value: known.audited };
  if (path === '/api/sessions') return { value: wanted };
  if (path === '/api/leases')
    return {
      value: leases.filter((lease) =>
        query.get('waiting') === 'true' ? lease.may.decide : lease.requester.id === reader.id,
      ),
    };
  const [, id = '', part = ''] = /^\/api\/machines\/([^/]+)\/(.+)$/.exec(path) ?? [];
  if (part === 'access') return known.access;
  if (part === 'access/people') return { value: known.people };
  if (part === 'lease-policy') return known.policy;
  if (part === 'sessions') return { value: wanted.filter(({ machineId }) => machineId === id) };
  return leaseAnswer(known, part, id) ?? auditAnswer(known, path, part, query);
}

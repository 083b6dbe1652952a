import type { AccessReply } from '#shared/protocol/access-api.ts';
import type { AuditRecord } from '#shared/protocol/audit-api.ts';
import type { LeaseReply } from '#shared/protocol/lease-api.ts';
import type { ListedSession } from '#shared/protocol/session-api.ts';
import { machineId } from './sample-replies.ts';

export const operator = { id: '00000000-0000-4000-8000-000003000002', name: 'operator@sample.localhost' };
export const owner = { id: '00000000-0000-4000-8000-000003000003', name: 'owner@sample.localhost' };

const inMinutes = (minutes: number): string => new Date(Date.now() + minutes * 60_000).toISOString();

/** Open for ten minutes and a while, with fifty to go. */
export const listedSession = (change: Partial<ListedSession> = {}): ListedSession => ({
  sessionId: 'abcdefghijklmnop',
  machineId,
  machine: 'server-01',
  service: 'WAC',
  user: operator,
  isOwn: false,
  state: 'open',
  createdAt: inMinutes(-10.5),
  expiresAt: inMinutes(49.5),
  mayEnd: true,
  ...change,
});

/** Asked for just now. */
export const sampleLease = (change: Partial<LeaseReply> = {}): LeaseReply => ({
  id: 'bcdefghijklmnopq',
  machineId,
  machine: 'server-01',
  service: 'WAC',
  requester: operator,
  purpose: 'patching',
  minutes: 90,
  state: 'requested',
  requestedAt: inMinutes(-0.1),
  answerBy: inMinutes(24 * 60 - 0.1),
  extensions: [],
  givesRole: false,
  may: { decide: true, extend: false, end: false, connect: false },
  ...change,
});

export const sampleRecord = (change: Partial<AuditRecord> = {}): AuditRecord => ({
  sequence: 7,
  at: '2026-01-01T08:30:00.000Z',
  actor: { ...operator, kind: 'user' },
  action: 'session open',
  outcome: 'allowed',
  from: '192.0.2.7',
  decision: { right: 'connect-wac', grantedBy: ['/a/1'] },
  session: { sessionId: 'abcdefghijklmnop', service: 'WAC' },
  mac: 'm'.repeat(43),
  ...change,
});

const scope = '/subscriptions/00000000-0000-4000-8000-000000000001';

/** May connect to WAC by a group; SSH has no configuration, and nothing lets him install. */
export const sampleAccess: AccessReply = {
  machineId,
  principal: { ...operator, kind: 'user' },
  decidedAt: '2026-01-01T08:30:00.000Z',
  services: [
    {
      service: 'WAC',
      open: true,
      conditions: [
        { condition: 'role', met: true, detail: 'Windows Admin Center Administrator Login gives it' },
        { condition: 'endpoint', met: true, detail: 'The endpoint is there' },
      ],
    },
    {
      service: 'SSH',
      open: false,
      level: 'administrator',
      conditions: [
        { condition: 'role', met: true, detail: 'Virtual Machine Administrator Login gives it' },
        {
          condition: 'configuration',
          met: false,
          detail: 'There is no configuration of SSH',
          code: 'service_not_configured',
          mend: { sentence: 'Say to which port.', commands: ['az rest --method put --url …'] },
        },
      ],
    },
  ],
  rights: [
    {
      right: 'connect-wac',
      allowed: true,
      grantedBy: [
        {
          assignmentId: '/a/1',
          role: 'Windows Admin Center Administrator Login',
          scope,
          scopeKind: 'subscription',
          through: { id: 'g', name: 'Operators', kind: 'group' },
          endsAt: '2026-06-30T00:00:00.000Z',
        },
      ],
      deniedBy: [],
      passedOver: [],
    },
    {
      right: 'install',
      allowed: false,
      missingAction: 'Microsoft.HybridCompute/machines/extensions/write',
      grantedBy: [],
      deniedBy: [],
      passedOver: [
        {
          role: 'Contributor',
          scope,
          scopeKind: 'subscription',
          why: 'eligible',
          detail: 'activate it first',
        },
      ],
      mend: { sentence: 'Assign Contributor.', commands: ['az role assignment create --role Contributor'] },
    },
  ],
};

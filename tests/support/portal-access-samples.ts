import type { AccessPeopleReply, AccessReply } from '#shared/protocol/access-api.ts';
import type { AuditRecord } from '#shared/protocol/audit-api.ts';
import type { LeaseReply } from '#shared/protocol/lease-api.ts';
import type { ListedSession } from '#shared/protocol/session-api.ts';
import { fromNow, machineIdOf } from './portal-samples.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

/** The account that the browser tests sign in with, as the service knows it. */
export const reader = {
  id: '00000000-0000-4000-8000-0000000000b1',
  name: 'administrator@sample.localhost',
};
export const operator = {
  id: '00000000-0000-4000-8000-0000000000b2',
  name: 'operator.of.the.servers@sample.localhost',
};

const subscriptionScope = '/subscriptions/00000000-0000-4000-8000-000000000001';
const assignment = (number: number) =>
  `${subscriptionScope}/providers/Microsoft.Authorization/roleAssignments/00000000-0000-4000-8000-0000000001${number}`;

/** A lease that waits for a word; a test states only what differs. */
export function sampleLease(number: number, differs: Partial<LeaseReply> = {}): LeaseReply {
  const state = differs.state ?? 'requested';
  const isDecided = state !== 'requested';
  return {
    id: `lease${'abcdefghij'[number]}`.padEnd(16, 'a'),
    machineId: machineIdOf(0),
    machine: 'web-01',
    service: 'WAC',
    requester: operator,
    purpose: 'Replace the failed disk of the second mirror',
    reference: 'CHG-20417',
    minutes: 60,
    state,
    requestedAt: fromNow(-20 * minuteMs),
    answerBy: fromNow(23 * hourMs),
    extensions: [],
    givesRole: false,
    may: { decide: false, extend: false, end: false, connect: false },
    ...(isDecided && {
      decision: { approved: true, by: operator, at: fromNow(-18 * minuteMs), reason: 'Within the window' },
      startsAt: fromNow(-18 * minuteMs),
      endsAt: fromNow(42 * minuteMs),
    }),
    ...differs,
  };
}

export const ownLease = (number: number, differs: Partial<LeaseReply> = {}): LeaseReply =>
  sampleLease(number, {
    requester: reader,
    may: {
      decide: false,
      extend: differs.state === 'active',
      end: true,
      connect: differs.state === 'active',
    },
    ...differs,
  });

export function sampleSession(number: number, differs: Partial<ListedSession> = {}): ListedSession {
  return {
    sessionId: `session${'abcdefghij'[number]}`.padEnd(16, 'a'),
    machineId: machineIdOf(0),
    machine: 'web-01',
    service: 'WAC',
    user: operator,
    isOwn: false,
    state: 'open',
    createdAt: fromNow(-(number + 1) * 7 * minuteMs),
    expiresAt: fromNow(40 * minuteMs),
    from: '203.0.113.7',
    usage: {
      bytesUp: 1_258_291,
      bytesDown: 48_234_496,
      connections: 3,
      lastActiveAt: fromNow(-4000),
      reportedAt: fromNow(-3000),
    },
    mayEnd: true,
    ...differs,
  };
}

const grant = {
  assignmentId: assignment(11),
  role: 'Windows Admin Center Administrator Login',
  scope: `${subscriptionScope}/resourceGroups/rg-sample`,
  scopeKind: 'resource group' as const,
  through: {
    id: '00000000-0000-4000-8000-0000000000c1',
    name: 'Server administrators',
    kind: 'group' as const,
  },
};

/** What is asked of the conditions; the first that is not met refuses. */
export function sampleAccess(differs: Partial<AccessReply> = {}): AccessReply {
  return {
    machineId: machineIdOf(0),
    principal: { ...reader, kind: 'user' },
    decidedAt: fromNow(-20_000),
    services: [
      {
        service: 'WAC',
        open: true,
        conditions: [
          { condition: 'role', met: true, detail: 'Windows Admin Center Administrator Login gives it' },
          { condition: 'endpoint', met: true, detail: 'the endpoint default is there' },
          { condition: 'configuration', met: true, detail: 'WAC is configured on port 6516' },
          { condition: 'lease', met: true, detail: 'no lease is needed here' },
          { condition: 'agent', met: true, detail: 'the agent reported 30 seconds ago' },
          { condition: 'local policy', met: true, detail: 'incomingconnections.ports has 6516' },
        ],
      },
      {
        service: 'SSH',
        open: false,
        conditions: [
          {
            condition: 'role',
            met: false,
            detail: 'no role gives it',
            code: 'access_denied',
            mend: {
              sentence: 'Assign Virtual Machine Administrator Login on the machine.',
              commands: [
                `az role assignment create --assignee ${reader.id} --role "Virtual Machine Administrator Login" --scope ${subscriptionScope}/resourceGroups/rg-sample/providers/Microsoft.HybridCompute/machines/web-01`,
              ],
            },
          },
        ],
      },
    ],
    rights: [
      {
        right: 'see',
        allowed: true,
        grantedBy: [{ ...grant, role: 'Reader' }],
        deniedBy: [],
        passedOver: [],
      },
      { right: 'connect-wac', allowed: true, grantedBy: [grant], deniedBy: [], passedOver: [] },
      {
        right: 'install',
        allowed: false,
        missingAction: 'Microsoft.HybridCompute/machines/extensions/write',
        grantedBy: [],
        deniedBy: [
          { name: 'Frozen for the year’s end', scope: subscriptionScope, assignmentId: assignment(31) },
        ],
        passedOver: [
          {
            ...grant,
            role: 'Contributor',
            why: 'condition',
            detail: '@Resource[name] StringEquals "web-01"',
          },
        ],
        mend: { sentence: 'Remove the deny assignment first.', commands: [] },
      },
      { right: 'read-access', allowed: true, grantedBy: [grant], deniedBy: [], passedOver: [] },
    ],
    ...differs,
  };
}

export const samplePeople = (): AccessPeopleReply['value'] => [
  {
    role: 'Reader',
    scope: subscriptionScope,
    scopeKind: 'subscription',
    assignmentId: assignment(12),
    principal: { id: operator.id, name: operator.name, kind: 'user' },
    rights: ['see'],
    eligible: false,
  },
  {
    ...grant,
    through: undefined,
    principal: { id: '00000000-0000-4000-8000-0000000000c1', name: 'Server administrators', kind: 'group' },
    rights: ['connect-wac', 'see'],
    eligible: false,
    endsAt: fromNow(3 * hourMs),
  },
  {
    role: 'Owner',
    scope: '/providers/Microsoft.Management/managementGroups/production',
    scopeKind: 'management group',
    assignmentId: assignment(13),
    principal: { id: '00000000-0000-4000-8000-0000000000c2', name: 'Platform', kind: 'group' },
    rights: ['install', 'approve', 'read-access', 'see'],
    eligible: true,
  },
  {
    role: 'Windows Admin Center Administrator Login',
    scope: subscriptionScope,
    scopeKind: 'subscription',
    assignmentId: assignment(14),
    principal: { id: '00000000-0000-4000-8000-0000000000c3', kind: 'application' },
    rights: ['connect-wac'],
    eligible: false,
    condition: '@Resource[Microsoft.HybridCompute/machines:name] StringEquals "db-02"',
  },
];

/** The record at this place of a chain, as old as it is far from the end. */
export function sampleRecord(sequence: number, differs: Partial<AuditRecord> = {}): AuditRecord {
  return {
    sequence,
    at: new Date(Date.UTC(2026, 9, 1) + sequence * 13 * minuteMs).toISOString(),
    actor: { ...operator, kind: 'user' },
    action: 'session open',
    outcome: 'allowed',
    from: '203.0.113.7',
    decision: { right: 'connect-wac', grantedBy: [assignment(11)] },
    session: { sessionId: 'sessionaaaaaaaaa', service: 'WAC' },
    mac: `mac${sequence}`.padEnd(43, 'x'),
    ...differs,
  };
}

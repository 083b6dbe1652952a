import { DefaultAzureCredential } from '@azure/identity';
import { beforeAll, describe, expect, it } from 'vitest';
import { createArmClient } from '#shared/adapters/azure/arm-client.ts';
import { createArmRoleAssigner } from '#shared/adapters/azure/arm-role-assigner.ts';
import { connectRole } from '#shared/domain/connect-role.ts';
import type { RoleAssigner, RoleAssignment } from '#shared/ports/role-assigner.ts';
import { leaseAssignmentOf } from '#shared/protocol/lease-assignment.ts';
import { createMemoryRoleAssigner } from '../support/memory-role-assigner.ts';
import {
  call,
  machineId as resourceId,
  startCloud,
  subscriptionId,
  versions,
} from './resource-manager/cloud.ts';

interface Subject {
  assigner: RoleAssigner;
  /** Writes one as somebody else would. */
  put(assignment: RoleAssignment): Promise<void>;
  /** To whom it is assigned, in lower case; undefined where there is none. */
  principalOf(assignmentId: string): Promise<string | undefined>;
}

async function openMemory(): Promise<Subject> {
  const assigner = createMemoryRoleAssigner();
  return {
    assigner,
    put: async (assignment) => void assigner.assignments.set(assignment.id.toLowerCase(), assignment),
    principalOf: async (id) => assigner.assignments.get(id.toLowerCase())?.principalId.toLowerCase(),
  };
}

let azure: Promise<Subject> | undefined;
/** One for all: a second would take the place of its identity. */
const openAzure = () => (azure ??= startAzure());

async function startAzure(): Promise<Subject> {
  const cloud = await startCloud();
  const arm = createArmClient({
    endpoint: cloud.arm.origin,
    audience: 'https://management.azure.com/',
    credential: new DefaultAzureCredential(),
  });
  const somebody = cloud.clientOf();
  return {
    assigner: createArmRoleAssigner({ arm }),
    async put({ id, ...properties }) {
      const { status } = await call(somebody, 'put', id, versions.authorization, { body: { properties } });
      expect(status).toBe(201);
    },
    async principalOf(id) {
      const { status, body } = await call(somebody, 'get', id, versions.authorization);
      if (status === 404) return undefined;
      const { properties } = body as { properties: { principalId: string } };
      return properties.principalId.toLowerCase();
    },
  };
}

const machine = { resourceId, subscriptionId, kind: 'arc' as const };
const person = (number: number) => `00000000-0000-4000-8000-0000000000${number}`;
const leaseOf = (id: string) => ({ id, machineId: 'm'.repeat(26), service: 'WAC' as const });

function assignmentOf(lease: string, principalId: string): RoleAssignment {
  const planned = leaseAssignmentOf(leaseOf(lease), machine);
  if (!planned) throw new Error('there is such a role');
  return { ...planned, principalId, description: `Admin Center lease ${lease}` };
}

describe.each([
  ['in memory', openMemory],
  ['in Azure', openAzure],
])('a role that is given for a time, %s', (_, open) => {
  let subject: Subject;
  beforeAll(async () => {
    subject = await open();
  });

  it('is there, also when it is given again, until it is taken back, also when that is done again', async () => {
    const assignment = assignmentOf('lease-1', person(11));
    expect(await subject.assigner.assign(assignment)).toEqual({ isOurs: true });
    expect(await subject.assigner.assign(assignment)).toEqual({ isOurs: true });
    expect(await subject.principalOf(assignment.id)).toBe(person(11));
    await subject.assigner.remove(assignment.id);
    await subject.assigner.remove(assignment.id);
    expect(await subject.principalOf(assignment.id)).toBeUndefined();
  });

  it('is not ours where somebody else has given it, and stays when ours is taken back', async () => {
    const ours = assignmentOf('lease-2', person(12));
    const theirs = { ...ours, id: ours.id.replace(/[^/]+$/, '00000000-0000-4000-8000-00000000ffff') };
    await subject.put(theirs);
    expect(await subject.assigner.assign(ours)).toEqual({ isOurs: false });
    expect(await subject.principalOf(ours.id)).toBeUndefined();
    await subject.assigner.remove(ours.id);
    expect(await subject.principalOf(theirs.id)).toBe(person(12));
  });

  it('is given to two people under two names', async () => {
    const one = assignmentOf('lease-3', person(13));
    const other = assignmentOf('lease-4', person(14));
    expect(one.id).not.toBe(other.id);
    await subject.assigner.assign(one);
    expect(await subject.assigner.assign(other)).toEqual({ isOurs: true });
    expect(await subject.principalOf(one.id)).toBe(person(13));
  });
});

describe('Azure, asked for a role', () => {
  it('that there is none of refuses, and says so', async () => {
    const { assigner } = await openAzure();
    const unknown = assignmentOf('lease-5', person(15));
    const roleDefinitionId = unknown.roleDefinitionId.replace(/[^/]+$/, person(99));
    await expect(assigner.assign({ ...unknown, roleDefinitionId })).rejects.toMatchObject({
      code: 'resource_manager_refused',
      facts: { armStatus: 400, armCode: 'RoleDefinitionDoesNotExist' },
    });
  });
});

describe('the assignment of a lease', () => {
  it('has a name that is a UUID, from the lease alone', () => {
    const { id, roleDefinitionId } = assignmentOf('lease-1', person(11));
    expect(id).toBe(
      `${resourceId}/providers/Microsoft.Authorization/roleAssignments/${assignmentOf('lease-1', person(12)).id.split('/').at(-1)}`,
    );
    expect(id).toMatch(/[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(roleDefinitionId).toContain(connectRole('arc', 'WAC'));
  });

  it('is none where no role opens the service', () => {
    const lease = { ...leaseOf('lease-1'), service: 'SSH' as const };
    expect(leaseAssignmentOf(lease, { ...machine, kind: 'hci-cluster' })).toBeUndefined();
  });
});

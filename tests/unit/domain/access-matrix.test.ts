import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { createManualClock } from '#local/kit/clock.ts';
import { createOpenSessionActivities } from '#orchestrations/open-session/activities.ts';
import { decideAccess, type RoleGrant, sshLevel } from '#shared/domain/access.ts';
import type { AgentDocument, CertificateDocument, MachineDocument } from '#shared/domain/documents.ts';
import { AppError } from '#shared/domain/error.ts';
import type { MachineKind } from '#shared/domain/machine.ts';
import { machineIdOf } from '#shared/domain/machine-name.ts';
import { generateAccessMatrix, matrixRoles } from '#tools/access-matrix.ts';
import { accessFacts } from '../../support/access-facts.ts';
import { allOf } from '../../support/combinations.ts';
import { createMemoryPorts, type MemoryPorts, subscriptionId } from '../../support/memory-ports.ts';
import { administrator, machine as sampleMachine } from '../../support/sample-machine.ts';

const kinds = ['arc', 'azure-vm', 'hci-cluster'] as const;
const scenarios = {
  WAC: { service: 'WAC', port: 6516 },
  'SSH as administrator': { service: 'SSH', port: 22 },
  'SSH as user': { service: 'SSH', port: 22 },
  'SSH as local': { service: 'SSH', port: 22 },
} as const;
type Scenario = keyof typeof scenarios;

const group = `/subscriptions/${subscriptionId}/resourceGroups/rg-local`;
const resourceIds: Readonly<Record<MachineKind, string>> = {
  arc: `${group}/providers/Microsoft.HybridCompute/machines/web-01`,
  'azure-vm': `${group}/providers/Microsoft.Compute/virtualMachines/web-01`,
  'hci-cluster': `${group}/providers/Microsoft.AzureStackHCI/clusters/web-01`,
};

const combinations = allOf({
  role: Object.keys(accessFacts),
  kind: kinds,
  scenario: Object.keys(scenarios) as Scenario[],
  through: ['the person himself', 'a group in a group', 'a management group'],
  endpoint: ['there', 'missing'],
  configuration: ['there', 'missing'],
  policy: ['allows', 'lacks the port', 'switched off'],
});
type Combination = (typeof combinations)[number];

/** What Azure Resource Manager says of an assignment, by the way in which it reaches the person. */
function grantOf({ role, kind, through }: Combination): RoleGrant {
  const { roleName, permissions } = matrixRoles.find((one) => one.roleName === role) ?? {};
  if (roleName === undefined || !permissions) throw new Error(`no role ${role}`);
  const scopes: Record<string, string> = {
    'the person himself': resourceIds[kind as MachineKind],
    'a group in a group': `/subscriptions/${subscriptionId.toUpperCase()}`,
    'a management group': '/providers/Microsoft.Management/managementGroups/contoso',
  };
  const scope = scopes[through] ?? '';
  const isGroup = through === 'a group in a group';
  return {
    roleName,
    permissions,
    scope,
    assignmentId: `${scope}/providers/Microsoft.Authorization/roleAssignments/one`,
    principal: isGroup ? { id: 'outer-group', kind: 'Group' } : { id: administrator.id, kind: 'User' },
  };
}

/** By hand: whoever lacks the right learns nothing of the rest; then the first that is missing is named. */
function expected({ role, kind, scenario, endpoint, configuration, policy }: Combination): string {
  const facts = accessFacts[role]?.[kind as MachineKind];
  if (!facts) throw new Error(`no facts of ${role}`);
  const mayConnect = scenario === 'WAC' ? facts.rights.includes('w') : facts.ssh !== undefined;
  if (!mayConnect) return 'access_denied';
  if (endpoint === 'missing') return 'endpoint_missing';
  if (configuration === 'missing') return 'service_not_configured';
  if (policy === 'switched off') return 'remote_access_disabled';
  if (policy === 'lacks the port') return 'port_not_allowed';
  const isNamed = scenario === 'WAC' || scenario === `SSH as ${facts.ssh}`;
  return isNamed ? 'open' : `open as ${facts.ssh}`;
}

let memory: MemoryPorts;

beforeAll(async () => {
  memory = createMemoryPorts(createManualClock(Date.parse('2026-10-01T12:00:00Z')));
  memory.resources.registered.add(`${subscriptionId} Microsoft.HybridConnectivity`);
  for (const kind of kinds) {
    const resourceId = resourceIds[kind];
    const machineId = machineIdOf(resourceId);
    const installedAt = '2026-09-01T12:00:00Z';
    const machine: MachineDocument = {
      ...sampleMachine,
      machineId,
      resourceId,
      kind,
      machineName: 'a'.repeat(26),
      extension: { state: 'installed', port: 6516, installedAt },
    };
    const certificate = {
      type: 'certificate',
      machineId,
      leaf: { thumbprint: 'leaf' },
    } as unknown as CertificateDocument;
    await memory.store.commit(machineId, [{ put: machine }, { put: certificate }]);
  }
});

async function connect(combination: Combination): Promise<string> {
  const { kind, scenario, endpoint, configuration, policy } = combination;
  const { service, port } = scenarios[scenario as Scenario];
  const resourceId = resourceIds[kind as MachineKind];
  const machineId = machineIdOf(resourceId);
  memory.roles.held.set(administrator.id, { grants: [grantOf(combination)], denials: [] });
  if (endpoint === 'missing') memory.connectivity.endpoints.delete(resourceId);
  else memory.connectivity.endpoints.set(resourceId, configuration === 'there' ? { [service]: port } : {});
  const agent: AgentDocument = {
    type: 'agent',
    machineId,
    signingKey: '{}',
    encryptionKey: '{}',
    enrolledAt: '2026-09-01T12:00:00Z',
    reportSequence: 1,
    connected: true,
    servingThumbprint: 'leaf',
    localPolicy: { enabled: policy !== 'switched off', ports: policy === 'lacks the port' ? [8443] : [port] },
  };
  await memory.store.commit(machineId, [{ put: agent }]);
  try {
    const { level } = await createOpenSessionActivities(memory.ports).requireAccess({
      machineId,
      machine: { resourceId, subscriptionId, kind: kind as MachineKind },
      sessionId: 'abcdefghijklmnop',
      service,
      user: administrator,
      lifetimeSeconds: 3600,
    });
    return level === undefined || scenario === `SSH as ${level}` ? 'open' : `open as ${level}`;
  } catch (error) {
    if (error instanceof AppError) return error.code;
    throw error;
  }
}

describe('the matrix of access', () => {
  it('has every role on every kind of machine, in every scenario and condition', () => {
    expect(matrixRoles.map(({ roleName }) => roleName)).toEqual(Object.keys(accessFacts));
    expect(combinations).toHaveLength(14 * 3 * 4 * 3 * 2 * 2 * 3);
  });

  it.each(Object.keys(accessFacts))(
    'requirements 88-95: %s opens what it names and nothing else',
    async (role) => {
      const wrong: object[] = [];
      let opened = 0;
      for (const combination of combinations.filter((one) => one.role === role)) {
        const answer = await connect(combination);
        if (answer.startsWith('open')) opened += 1;
        if (answer !== expected(combination)) wrong.push({ ...combination, answer });
      }
      expect(wrong).toEqual([]);
      // On each kind of machine, each of three ways: WAC by one scenario, SSH by the three that ask for it.
      const facts = Object.values(accessFacts[role] ?? {});
      const wac = facts.filter(({ rights }) => rights.includes('w')).length;
      const ssh = facts.filter((one) => one.ssh !== undefined).length;
      expect(opened).toBe(3 * (wac + 3 * ssh));
    },
  );

  it.each(Object.keys(accessFacts))('C10: %s installs, approves and connects apart', (roleName) => {
    const [role] = matrixRoles.filter((one) => one.roleName === roleName);
    if (!role) throw new Error(`no role ${roleName}`);
    const held = { grants: [{ ...role, scope: '/' }], denials: [] };
    const letters = { see: 's', install: 'i', approve: 'a', 'connect-wac': 'w' } as const;
    const rights = Object.keys(letters) as (keyof typeof letters)[];
    const found = kinds.map((kind) => ({
      rights: rights
        .filter((right) => decideAccess(held, kind, right).allowed)
        .map((right) => letters[right])
        .join(''),
      ssh: sshLevel(held, kind),
    }));
    expect(found).toEqual(kinds.map((kind) => ({ ssh: undefined, ...accessFacts[roleName]?.[kind] })));
  });

  it('is written down as it is: run `npm run access-matrix`', () => {
    const written = readFileSync(new URL('../../../docs/access-matrix.md', import.meta.url), 'utf8');
    expect(written === generateAccessMatrix(), 'run `npm run access-matrix` and commit the page').toBe(true);
  });
});

import { builtInRoles } from '#local/resource-manager/providers/built-in-roles.ts';
import {
  arcMachine,
  dnsZone,
  eligibleRole,
  relayNamespace,
  resourceGroup,
  roleAssignment,
  type SeedResource,
} from '#local/resource-manager/seeds.ts';
import { cluster, virtualMachine } from './other-kinds.ts';
import * as sample from './sample-data.ts';
import { thisComputer } from './this-computer.ts';

const location = 'westeurope';

/** The sample machines are this computer: they report its real system, memory and cores. */
const machineOf = (machine: sample.SampleMachine): SeedResource =>
  arcMachine({
    groupId: sample.resourceGroupId,
    name: machine.name,
    location,
    // The preconditions of Windows Server do not apply to whatever a developer works on.
    osType: 'linux',
    osSku: thisComputer.osName,
    osVersion: thisComputer.osVersion,
    memoryBytes: thisComputer.memoryBytes,
    cores: thisComputer.cores,
    fqdn: thisComputer.hostName,
    agentVersion: '1.60.02000.2',
    principalId: machine.principalId,
    tenantId: sample.tenantId,
  });

function roleNamed(name: string): string {
  const role = builtInRoles.find((one) => one.roleName === name);
  if (!role) throw new Error(`the local resource manager has no role ${name}`);
  return role.name;
}

const oddAssignments = ({ objectId, eligibleFor, conditional }: sample.SamplePerson): SeedResource[] => {
  const of = (role: string) => ({
    scope: sample.subscriptionScope,
    roleDefinition: roleNamed(role),
    principalId: objectId,
    principalType: 'User' as const,
  });
  return [
    ...(eligibleFor === undefined ? [] : [eligibleRole(of(eligibleFor))]),
    ...(conditional ? [roleAssignment({ ...of(conditional.role), condition: conditional.condition })] : []),
  ];
};

/** What Azure Resource Manager holds before anything is installed. */
export function seedResources(): SeedResource[] {
  return [
    resourceGroup(sample.subscriptionId, sample.resourceGroup, location),
    dnsZone(sample.resourceGroupId, sample.zone),
    relayNamespace(sample.resourceGroupId, sample.relayNamespace, location),
    ...sample.sampleMachines.map(machineOf),
    ...virtualMachine(location),
    ...cluster(location),
    ...sample.accounts.flatMap(oddAssignments),
    ...sample.accounts.flatMap((account) =>
      account.roles.map((role) =>
        roleAssignment({
          scope: sample.subscriptionScope,
          roleDefinition: roleNamed(role),
          principalId: account.objectId,
          principalType: 'User',
        }),
      ),
    ),
    ...sample.groups.flatMap((group) =>
      group.roles.map((role) =>
        roleAssignment({
          scope: sample.resourceGroupId,
          roleDefinition: roleNamed(role),
          principalId: group.objectId,
          principalType: 'Group',
        }),
      ),
    ),
  ];
}

import type { AccessRight } from './access.ts';
import type { MachineKind } from './machine.ts';
import type { SshLevel } from './session.ts';

export interface RequiredAction {
  /** A named action is given by its own name alone, never by a wildcard. */
  kind: 'action' | 'named action' | 'dataAction';
  name: string;
}

const action = (name: string): RequiredAction => ({ kind: 'action', name });
const dataAction = (name: string): RequiredAction => ({ kind: 'dataAction', name });

/** The role for local credentials has no data action: by a wildcard this would open SSH to every Owner. */
const listCredentials: RequiredAction = {
  kind: 'named action',
  name: 'Microsoft.HybridConnectivity/endpoints/listCredentials/action',
};
const writeEndpoint = action('Microsoft.HybridConnectivity/endpoints/write');
const governance = {
  approve: [[action('Microsoft.Authorization/roleAssignments/write')]],
  'read-access': [[action('Microsoft.Authorization/roleAssignments/read')]],
} as const;

/** Who somebody is in an SSH session (requirements 91-93), the most that he may be first. */
export const sshLevels: readonly SshLevel[] = ['administrator', 'user', 'local'];

const sshOn = (type: string): Record<SshLevel, RequiredAction> => ({
  administrator: dataAction(`${type}/loginAsAdmin/action`),
  user: dataAction(`${type}/login/action`),
  local: listCredentials,
});

/** What each level of SSH needs; a kind that is not here has no SSH. */
export const sshActions: Readonly<Partial<Record<MachineKind, Record<SshLevel, RequiredAction>>>> = {
  arc: sshOn('Microsoft.HybridCompute/machines'),
  'azure-vm': sshOn('Microsoft.Compute/virtualMachines'),
};

const anyLevelOf = (kind: MachineKind): RequiredAction[][] => {
  const levels = sshActions[kind];
  return levels ? [sshLevels.map((level) => levels[level])] : [];
};

/** Which actions a right needs: each inner list is one way (any of them), the outer list needs all. */
export const requiredActions: Readonly<
  Record<MachineKind, Record<AccessRight, readonly (readonly RequiredAction[])[]>>
> = {
  arc: {
    ...governance,
    see: [[action('Microsoft.HybridCompute/machines/read')]],
    install: [[action('Microsoft.HybridCompute/machines/extensions/write')], [writeEndpoint]],
    'connect-wac': [[dataAction('Microsoft.HybridCompute/machines/WACLoginAsAdmin/action')]],
    'connect-ssh': anyLevelOf('arc'),
  },
  'azure-vm': {
    ...governance,
    see: [[action('Microsoft.Compute/virtualMachines/read')]],
    install: [[action('Microsoft.Compute/virtualMachines/extensions/write')], [writeEndpoint]],
    'connect-wac': [[dataAction('Microsoft.Compute/virtualMachines/WACloginAsAdmin/action')]],
    'connect-ssh': anyLevelOf('azure-vm'),
  },
  'hci-cluster': {
    ...governance,
    see: [[action('Microsoft.AzureStackHCI/clusters/read')]],
    install: [[action('Microsoft.AzureStackHCI/clusters/arcSettings/extensions/write')], [writeEndpoint]],
    'connect-wac': [[dataAction('Microsoft.AzureStackHCI/Clusters/WACloginAsAdmin/Action')]],
    'connect-ssh': anyLevelOf('hci-cluster'),
  },
};

/** To open a port in a network security group. */
export const writeSecurityRule = action('Microsoft.Network/networkSecurityGroups/securityRules/write');

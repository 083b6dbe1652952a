/** A built-in role as Azure documents it; ids and lists are the service's own. */
export interface BuiltInRole {
  name: string;
  roleName: string;
  description: string;
  actions: readonly string[];
  notActions?: readonly string[];
  dataActions?: readonly string[];
}

const networkReads = [
  'Microsoft.Network/publicIPAddresses/read',
  'Microsoft.Network/virtualNetworks/read',
  'Microsoft.Network/loadBalancers/read',
  'Microsoft.Network/networkInterfaces/read',
];
const machineLogin = [
  ...networkReads,
  'Microsoft.Compute/virtualMachines/*/read',
  'Microsoft.HybridCompute/machines/*/read',
  'Microsoft.HybridConnectivity/endpoints/listCredentials/action',
];

const windowsAdminCenterActions = [
  'Microsoft.HybridCompute/machines/*/read',
  'Microsoft.HybridCompute/machines/extensions/*',
  'Microsoft.HybridCompute/machines/upgradeExtensions/action',
  'Microsoft.HybridCompute/operations/read',
  ...networkReads,
  'Microsoft.Network/networkSecurityGroups/read',
  'Microsoft.Network/networkSecurityGroups/defaultSecurityRules/read',
  'Microsoft.Network/networkWatchers/securityGroupView/action',
  'Microsoft.Network/networkSecurityGroups/securityRules/read',
  'Microsoft.Network/networkSecurityGroups/securityRules/write',
  'Microsoft.HybridConnectivity/endpoints/write',
  'Microsoft.HybridConnectivity/endpoints/read',
  'Microsoft.HybridConnectivity/endpoints/serviceConfigurations/write',
  'Microsoft.HybridConnectivity/endpoints/serviceConfigurations/read',
  'Microsoft.HybridConnectivity/endpoints/listManagedProxyDetails/action',
  'Microsoft.Compute/virtualMachines/read',
  'Microsoft.Compute/virtualMachines/patchAssessmentResults/latest/read',
  'Microsoft.Compute/virtualMachines/patchAssessmentResults/latest/softwarePatches/read',
  'Microsoft.Compute/virtualMachines/patchInstallationResults/read',
  'Microsoft.Compute/virtualMachines/patchInstallationResults/softwarePatches/read',
  'Microsoft.Compute/virtualMachines/extensions/read',
  'Microsoft.Compute/virtualMachines/instanceView/read',
  'Microsoft.Compute/virtualMachines/runCommands/read',
  'Microsoft.Compute/virtualMachines/vmSizes/read',
  'Microsoft.Compute/locations/publishers/artifacttypes/types/read',
  'Microsoft.Compute/locations/publishers/artifacttypes/types/versions/read',
  'Microsoft.Compute/diskAccesses/read',
  'Microsoft.Compute/galleries/images/read',
  'Microsoft.Compute/images/read',
  'Microsoft.AzureStackHCI/Clusters/Read',
  'Microsoft.AzureStackHCI/Clusters/ArcSettings/Read',
  'Microsoft.AzureStackHCI/Clusters/ArcSettings/Extensions/Read',
  'Microsoft.AzureStackHCI/Clusters/ArcSettings/Extensions/Write',
  'Microsoft.AzureStackHCI/Clusters/ArcSettings/Extensions/Delete',
  'Microsoft.AzureStackHCI/Operations/Read',
  'Microsoft.ConnectedVMwarevSphere/VirtualMachines/Read',
  'Microsoft.ConnectedVMwarevSphere/VirtualMachines/Extensions/Write',
  'Microsoft.ConnectedVMwarevSphere/VirtualMachines/Extensions/Read',
];

/** The roles of Azure that decide over machines. */
export const builtInRoles: readonly BuiltInRole[] = [
  {
    name: '8e3af657-a8ff-443c-a75c-2fe8c4bcb635',
    roleName: 'Owner',
    description:
      'Grants full access to manage all resources, including the ability to assign roles in Azure RBAC.',
    actions: ['*'],
  },
  {
    name: 'b24988ac-6180-42a0-ab88-20f7382dd24c',
    roleName: 'Contributor',
    description:
      'Grants full access to manage all resources, but does not allow you to assign roles in Azure RBAC.',
    actions: ['*'],
    notActions: [
      'Microsoft.Authorization/*/Delete',
      'Microsoft.Authorization/*/Write',
      'Microsoft.Authorization/elevateAccess/Action',
      'Microsoft.Blueprint/blueprintAssignments/write',
      'Microsoft.Blueprint/blueprintAssignments/delete',
      'Microsoft.Compute/galleries/share/action',
      'Microsoft.Purview/consents/write',
      'Microsoft.Purview/consents/delete',
    ],
  },
  {
    name: 'acdd72a7-3385-48ef-bd42-f606fba81ae7',
    roleName: 'Reader',
    description: 'View all resources, but does not allow you to make any changes.',
    actions: ['*/read'],
  },
  {
    name: '18d7d88d-d35e-4fb5-a5c3-7773c20a72d9',
    roleName: 'User Access Administrator',
    description: 'Lets you manage user access to Azure resources.',
    actions: ['*/read', 'Microsoft.Authorization/*', 'Microsoft.Support/*'],
  },
  {
    name: 'f58310d9-a9f6-439a-9e8d-f62e7b41a168',
    roleName: 'Role Based Access Control Administrator',
    description:
      'Manage access to Azure resources by assigning roles using Azure RBAC. This role does not allow you to manage access using other ways, such as Azure Policy.',
    actions: [
      'Microsoft.Authorization/roleAssignments/write',
      'Microsoft.Authorization/roleAssignments/delete',
      '*/read',
      'Microsoft.Support/*',
    ],
  },
  {
    name: 'a6333a3e-0164-44c3-b281-7a577aff287f',
    roleName: 'Windows Admin Center Administrator Login',
    description: "Let's you manage the OS of your resource via Windows Admin Center as an administrator.",
    actions: windowsAdminCenterActions,
    dataActions: [
      'Microsoft.HybridCompute/machines/WACLoginAsAdmin/action',
      'Microsoft.Compute/virtualMachines/WACloginAsAdmin/action',
      'Microsoft.AzureStackHCI/Clusters/WACloginAsAdmin/Action',
      'Microsoft.ConnectedVMwarevSphere/virtualmachines/WACloginAsAdmin/action',
    ],
  },
  {
    name: '1c0163c0-47e6-4577-8991-ea5c82e286e4',
    roleName: 'Virtual Machine Administrator Login',
    description: 'View Virtual Machines in the portal and login as administrator',
    actions: machineLogin,
    dataActions: [
      'Microsoft.Compute/virtualMachines/login/action',
      'Microsoft.Compute/virtualMachines/loginAsAdmin/action',
      'Microsoft.HybridCompute/machines/login/action',
      'Microsoft.HybridCompute/machines/loginAsAdmin/action',
    ],
  },
  {
    name: 'fb879df8-f326-4884-b1cf-06f3ad86be52',
    roleName: 'Virtual Machine User Login',
    description: 'View Virtual Machines in the portal and login as a regular user.',
    actions: machineLogin,
    dataActions: [
      'Microsoft.Compute/virtualMachines/login/action',
      'Microsoft.HybridCompute/machines/login/action',
    ],
  },
  {
    name: '602da2ba-a5c2-41da-b01d-5360126ab525',
    roleName: 'Virtual Machine Local User Login',
    description:
      'View Virtual Machines in the portal and login as a local user configured on the arc server.',
    actions: [
      'Microsoft.HybridCompute/machines/*/read',
      'Microsoft.HybridConnectivity/endpoints/listCredentials/action',
    ],
  },
  {
    name: 'cd570a14-e51a-42ad-bac8-bafd67325302',
    roleName: 'Azure Connected Machine Resource Administrator',
    description: 'Can read, write, delete and re-onboard Azure Connected Machines.',
    actions: [
      'Microsoft.HybridCompute/machines/read',
      'Microsoft.HybridCompute/machines/write',
      'Microsoft.HybridCompute/machines/delete',
      'Microsoft.HybridCompute/machines/UpgradeExtensions/action',
      'Microsoft.HybridCompute/machines/extensions/read',
      'Microsoft.HybridCompute/machines/extensions/write',
      'Microsoft.HybridCompute/machines/extensions/delete',
      'Microsoft.HybridCompute/privateLinkScopes/*',
      'Microsoft.HybridCompute/*/read',
    ],
  },
  {
    name: 'b64e21ea-ac4e-4cdf-9dc9-5b892992bee7',
    roleName: 'Azure Connected Machine Onboarding',
    description: 'Can onboard Azure Connected Machines.',
    actions: [
      'Microsoft.HybridCompute/machines/read',
      'Microsoft.HybridCompute/machines/write',
      'Microsoft.HybridCompute/privateLinkScopes/read',
      'Microsoft.GuestConfiguration/guestConfigurationAssignments/read',
    ],
  },
  {
    name: '9980e02c-c2be-4d73-94e8-173b1dc7cf3c',
    roleName: 'Virtual Machine Contributor',
    description:
      "Lets you manage virtual machines, but not access to them, and not the virtual network or storage account they're connected to.",
    actions: [
      'Microsoft.Authorization/*/read',
      'Microsoft.Compute/availabilitySets/*',
      'Microsoft.Compute/locations/*',
      'Microsoft.Compute/virtualMachines/*',
      'Microsoft.Compute/virtualMachineScaleSets/*',
      'Microsoft.Compute/disks/write',
      'Microsoft.Compute/disks/read',
      'Microsoft.Compute/disks/delete',
      'Microsoft.Insights/alertRules/*',
      'Microsoft.Network/locations/*',
      'Microsoft.Network/networkInterfaces/*',
      'Microsoft.Network/networkSecurityGroups/join/action',
      'Microsoft.Network/networkSecurityGroups/read',
      'Microsoft.Network/publicIPAddresses/join/action',
      'Microsoft.Network/publicIPAddresses/read',
      'Microsoft.Network/virtualNetworks/read',
      'Microsoft.Network/virtualNetworks/subnets/join/action',
      'Microsoft.ResourceHealth/availabilityStatuses/read',
      'Microsoft.Resources/deployments/*',
      'Microsoft.Resources/subscriptions/resourceGroups/read',
      'Microsoft.SerialConsole/serialPorts/connect/action',
      'Microsoft.Storage/storageAccounts/listKeys/action',
      'Microsoft.Storage/storageAccounts/read',
      'Microsoft.Support/*',
    ],
  },
];

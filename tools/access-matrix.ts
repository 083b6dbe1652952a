import { writeFileSync } from 'node:fs';
import { builtInRoles } from '#local/resource-manager/providers/built-in-roles.ts';
import {
  type AccessRight,
  decideAccess,
  type EffectiveRoles,
  type Permissions,
  sshLevel,
} from '#shared/domain/access.ts';
import { judgeConnect, refusalOf } from '#shared/domain/connect-conditions.ts';
import type { MachineKind } from '#shared/domain/machine.ts';
import { markdownTable } from './markdown-table.ts';

export interface MatrixRole {
  roleName: string;
  permissions: readonly Permissions[];
}

const custom = (roleName: string, given: Partial<Permissions>): MatrixRole => ({
  roleName,
  permissions: [{ actions: [], notActions: [], dataActions: [], notDataActions: [], ...given }],
});

const dataActionAlone = {
  dataActions: ['Microsoft.HybridCompute/machines/WACLoginAsAdmin/action'],
};
const wildcards = {
  actions: ['*/read', 'Microsoft.HybridCompute/*'],
  notActions: ['*/delete', 'Microsoft.Authorization/*'],
  dataActions: ['Microsoft.HybridCompute/machines/*'],
  notDataActions: ['*/WACLoginAsAdmin/*'],
};

/** Roles of Azure that somebody on a machine may hold, and custom ones of his own making. */
export const matrixRoles: readonly MatrixRole[] = [
  ...[
    'Owner',
    'Contributor',
    'Reader',
    'User Access Administrator',
    'Azure Connected Machine Resource Administrator',
    'Azure Connected Machine Onboarding',
    'Virtual Machine Contributor',
    'Virtual Machine Local User Login',
    'Virtual Machine User Login',
    'Virtual Machine Administrator Login',
    'Windows Admin Center Administrator Login',
  ].map((roleName): MatrixRole => {
    const role = builtInRoles.find((one) => one.roleName === roleName);
    if (!role) throw new Error(`there is no built-in role ${roleName}`);
    const { actions, notActions = [], dataActions = [] } = role;
    return { roleName, permissions: [{ actions, notActions, dataActions, notDataActions: [] }] };
  }),
  custom('custom: the data action of WAC alone', dataActionAlone),
  custom('custom: wildcards, with not-lists', wildcards),
  { roleName: 'none', permissions: [] },
];

const kinds: Readonly<Record<MachineKind, string>> = {
  arc: 'Arc machine',
  'azure-vm': 'Azure VM',
  'hci-cluster': 'HCI cluster',
};
const yesOrNo = (is: boolean): string => (is ? 'yes' : '-');

/** What each role gives on each kind of machine, as it is decided. */
function roleRows(): string[][] {
  return matrixRoles.flatMap(({ roleName, permissions }) =>
    (Object.keys(kinds) as MachineKind[]).map((kind) => {
      const held: EffectiveRoles = { grants: [{ roleName, scope: '/', permissions }], denials: [] };
      const may = (right: AccessRight) => yesOrNo(decideAccess(held, kind, right).allowed);
      const rights = [may('see'), may('install'), may('approve'), may('connect-wac')];
      return [roleName, kinds[kind], ...rights, sshLevel(held, kind) ?? '-'];
    }),
  );
}

const policies = {
  allows: { enabled: true, ports: [6516] },
  'lacks the port': { enabled: true, ports: [22] },
  'switched off': { enabled: false, ports: [6516] },
} as const;

/** What a connect answers by each combination of its conditions, as it is judged. */
function conditionRows(): string[][] {
  const both = [true, false];
  return both.flatMap((role) =>
    both.flatMap((endpoint) =>
      both.flatMap((configuration) =>
        Object.entries(policies).map(([policy, { enabled, ports }]) => {
          const refusal = refusalOf(
            judgeConnect({
              service: 'WAC',
              userName: 'somebody',
              role: role ? { allowed: true, grantedBy: [] } : { allowed: false, missingAction: '' },
              services: endpoint ? (configuration ? { WAC: 6516 } : {}) : undefined,
              lease: { required: false },
              agent: { connected: true, localPolicy: { enabled, ports: [...ports] } },
            }),
          );
          const there = [role, endpoint, configuration].map(yesOrNo);
          return [...there, policy, refusal ? `\`${refusal.code}\`` : 'open'];
        }),
      ),
    ),
  );
}

/** What `docs/access-matrix.md` has to be now; nothing is written. */
export const generateAccessMatrix = (): string => `# Who may what

This page is what the decisions of \`shared/domain\` say: \`npm run access-matrix\` writes it, and a test compares it with a
table that was written by hand. It makes no difference whether a role is held directly, through a group in a group, or
at a group of resources, a subscription or a management group above the machine.

_See_ shows the machine at all; who does not hold it is answered as if there were none. _Install_ and _connect_ are two
permissions: neither gives the other. Without _see_ nobody reaches a machine through the portal, so who connects holds
Reader too where his role does not show the machine. _Approve_ is to say who may connect.

${markdownTable(['role', 'machine', 'see', 'install', 'approve', 'WAC', 'SSH as'], roleRows()).join('\n')}

## Conditions of a connect

The role says who may, the endpoint that access is allowed at all, the configuration to which port, and the machine
itself has the last word. The first that is missing is the refusal.

${markdownTable(['role', 'endpoint', 'configuration', "machine's own policy", 'connect'], conditionRows()).join('\n')}
`;

if (import.meta.main) {
  writeFileSync(new URL('../docs/access-matrix.md', import.meta.url), generateAccessMatrix());
  console.log(
    `docs/access-matrix.md: ${matrixRoles.length} roles on ${Object.keys(kinds).length} kinds of machine`,
  );
}

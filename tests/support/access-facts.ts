import type { MachineKind } from '#shared/domain/machine.ts';

/** What a role gives on a kind of machine, one letter each; written by hand from Azure's pages on its roles. */
interface Facts {
  /** s: sees it, i: installs, a: approves, w: opens WAC. */
  rights: string;
  ssh?: 'administrator' | 'user' | 'local';
}

type ByKind = Readonly<Record<MachineKind, Facts>>;
const nothing: Facts = { rights: '' };
const everywhere = (rights: string): ByKind => ({
  arc: { rights },
  'azure-vm': { rights },
  'hci-cluster': { rights },
});
const only = (kind: MachineKind, facts: Facts): ByKind => ({ ...everywhere(''), [kind]: facts });
const sshOnly = (ssh: Facts['ssh'] & string): ByKind => ({
  arc: { rights: '', ssh },
  'azure-vm': { rights: '', ssh },
  'hci-cluster': nothing,
});

/** Requirements 88-95 and C10: nothing here is computed from the definitions of the roles. */
export const accessFacts: Readonly<Record<string, ByKind>> = {
  Owner: everywhere('sia'),
  Contributor: everywhere('si'),
  Reader: everywhere('s'),
  'User Access Administrator': everywhere('sa'),
  // May write extensions and no endpoint: that is not enough to install.
  'Azure Connected Machine Resource Administrator': only('arc', { rights: 's' }),
  'Azure Connected Machine Onboarding': only('arc', { rights: 's' }),
  'Virtual Machine Contributor': only('azure-vm', { rights: 's' }),
  'Virtual Machine Local User Login': sshOnly('local'),
  'Virtual Machine User Login': sshOnly('user'),
  'Virtual Machine Administrator Login': sshOnly('administrator'),
  // Reads what is below an Arc machine and not the machine; on a virtual machine it writes no extensions.
  'Windows Admin Center Administrator Login': {
    arc: { rights: 'iw' },
    'azure-vm': { rights: 'sw' },
    'hci-cluster': { rights: 'siw' },
  },
  'custom: the data action of WAC alone': only('arc', { rights: 'w' }),
  'custom: wildcards, with not-lists': {
    arc: { rights: 's', ssh: 'administrator' },
    'azure-vm': { rights: 's' },
    'hci-cluster': { rights: 's' },
  },
  none: everywhere(''),
};

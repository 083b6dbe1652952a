import type { MachineKind, ServiceName } from './machine.ts';

/** Names of built-in role definitions, the same in every tenant. */
const windowsAdminCenterAdministratorLogin = 'a6333a3e-0164-44c3-b281-7a577aff287f';
const virtualMachineAdministratorLogin = '1c0163c0-47e6-4577-8991-ea5c82e286e4';

/** The built-in role that opens a service on a kind of machine; undefined where none does. */
export function connectRole(kind: MachineKind, service: ServiceName): string | undefined {
  if (service === 'WAC') return windowsAdminCenterAdministratorLogin;
  return kind === 'hci-cluster' ? undefined : virtualMachineAdministratorLogin;
}

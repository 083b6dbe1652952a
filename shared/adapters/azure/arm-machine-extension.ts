import type { MachineExtension } from '#shared/ports/resource-manager.ts';
import type { ArmClient } from './arm-client.ts';
import { createHandlerDelivery } from './machine-extension/handler-delivery.ts';
import type { ExtensionHandler } from './machine-extension/target.ts';

/** The documented handler. */
const documented: ExtensionHandler = { publisher: 'Microsoft.AdminCenter', type: 'AdminCenter' };

/** The extension `AdminCenter` as a resource of each kind of machine. */
export function createArmMachineExtension(options: {
  arm: ArmClient;
  handler?: ExtensionHandler;
}): MachineExtension {
  const { arm, handler = documented } = options;
  return createHandlerDelivery(arm, handler);
}

import { oldestExtension } from '#shared/domain/extension-versions.ts';
import type { MachineExtension } from '#shared/ports/resource-manager.ts';
import type { ArmClient } from './arm-client.ts';
import { customScriptOn } from './machine-extension/custom-script-resource.ts';
import { targetOf } from './machine-extension/extension-resource.ts';
import { createHandlerDelivery } from './machine-extension/handler-delivery.ts';
import type { PackageHashes } from './machine-extension/package-scripts.ts';
import { runCommandOn } from './machine-extension/run-command-resource.ts';
import { createScriptDelivery } from './machine-extension/script-delivery.ts';
import type { ExtensionHandler } from './machine-extension/target.ts';

/** The agent package, for deliveries by script. */
interface AgentPackageSource {
  /** URL of the folder that serves it. */
  url: string;
  /** SHA-256 of each of its files, lower-case hex. */
  hashes(): Promise<PackageHashes>;
}

/** How the agent gets onto a machine; `resource` is always named `AdminCenter`. */
export type Delivery =
  | ({
      kind: 'handler' /** An older one of the documented handler is upgraded by an install. */;
      oldestVersion: string;
    } & ExtensionHandler)
  | { kind: 'custom-script' | 'run-command'; agentPackage: AgentPackageSource };

/** The documented handler. */
const documented: Delivery = {
  kind: 'handler',
  publisher: 'Microsoft.AdminCenter',
  type: 'AdminCenter',
  oldestVersion: oldestExtension,
};

/** The agent's extension as a resource of each kind of machine. */
export function createArmMachineExtension(options: {
  arm: ArmClient;
  delivery?: Delivery;
}): MachineExtension {
  const { arm, delivery = documented } = options;
  if (delivery.kind === 'handler') {
    const { publisher, type, oldestVersion } = delivery;
    return createHandlerDelivery(arm, { publisher, type, oldestVersion });
  }
  const { url, hashes } = delivery.agentPackage;
  return createScriptDelivery({
    arm,
    packageUrl: url,
    packageHashes: hashes,
    resourceOf(resourceId) {
      // Clusters have no run commands: a script of their extension does the same.
      const runCommands = delivery.kind === 'run-command' ? targetOf(resourceId).runCommands : undefined;
      return runCommands
        ? runCommandOn(arm, resourceId, runCommands.apiVersion)
        : customScriptOn(arm, resourceId);
    },
  });
}

import type { ExtensionSettings, ExtensionState, MachineExtension } from '#shared/ports/resource-manager.ts';

interface ExtensionDeployment {
  resourceId: string;
  settings: ExtensionSettings;
  token: string;
}

/** Extensions by resource id. `onInstall` is the machine: what it does with a deployment. */
export function createMemoryMachineExtension() {
  const states = new Map<string, ExtensionState>();
  const deployments: ExtensionDeployment[] = [];
  const machine: { onInstall(deployment: ExtensionDeployment): Promise<void> } = { async onInstall() {} };
  return {
    states,
    deployments,
    machine,
    async beginInstall(resourceId: string, settings: ExtensionSettings, token: string) {
      const deployment = { resourceId, settings, token };
      deployments.push(deployment);
      const { port, salt, controlPlane } = settings;
      states.set(resourceId, { state: 'succeeded', port: Number(port), salt, controlPlane });
      await machine.onInstall(deployment);
    },
    async read(resourceId: string): Promise<ExtensionState> {
      return states.get(resourceId) ?? { state: 'absent' };
    },
    async beginRemove(resourceId: string) {
      states.delete(resourceId);
    },
  } satisfies MachineExtension & Record<string, unknown>;
}

import { openAgentPackage } from './agent-package.ts';
import type { Settings } from './settings.ts';

/** How this deployment brings its agent onto machines. */
export function deliveryOf(settings: Settings) {
  const { ADMIN_CENTER_EXTENSION_DELIVERY: kind } = settings;
  if (kind === 'handler')
    return {
      kind,
      publisher: settings.ADMIN_CENTER_EXTENSION_PUBLISHER,
      type: settings.ADMIN_CENTER_EXTENSION_TYPE,
      oldestVersion: settings.ADMIN_CENTER_EXTENSION_MINIMUM,
    } as const;
  const { hashes } = openAgentPackage(settings.ADMIN_CENTER_AGENT_PACKAGE_DIRECTORY);
  const url = `${settings.ADMIN_CENTER_API_URL.replace(/\/$/, '')}/api/agent/package`;
  return { kind, agentPackage: { url, hashes } } as const;
}

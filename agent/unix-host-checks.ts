import { arcFolder, arcProgram, readArcConfiguration } from './arc-configuration.ts';
import type { HostChecks } from './host-checks.ts';
import { readLocalStatus } from './local-status.ts';
import type { RunTool } from './run-tool.ts';

/** Windows Admin Center is a program of Windows: here the local port and the Arc agent are all there is to look at. */
export const createUnixHostChecks = (
  run: RunTool,
  environment: Readonly<Record<string, string | undefined>> = {},
): HostChecks => ({
  isWindows: false,
  serviceState: async () => ({ known: 'absent' }),
  isProcessRunning: async () => ({ known: false }),
  registeredPort: async () => ({ known: undefined }),
  hasExtensionHandler: async () => ({ known: false }),
  localStatus: readLocalStatus,
  arcFolder: arcFolder('linux', environment),
  arcConfiguration: () => readArcConfiguration(run, arcProgram('linux', environment)),
});

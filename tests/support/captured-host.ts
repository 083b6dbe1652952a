import type { HostChecks } from '#agent/host-checks.ts';
import { createWindowsHostChecks } from '#agent/windows-host-checks.ts';
import { replayTools } from './captured-tools.ts';

const system = String.raw`C:\Windows\System32`;
const parentKey = String.raw`HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft`;
const key = String.raw`${parentKey}\ServerManagementGateway`;

/** By what is asked for: the name of a capture, the status of the local page or why there is none, and folders. */
export interface CapturedHost {
  service?: string;
  process?: string;
  port?: string;
  key?: string;
  parentKey?: string;
  arc?: string;
  page?: number | string;
  handlers?: readonly string[] | 'denied';
}

/** A Windows machine where everything is as it should be with Windows Admin Center on port 6516, but for the changes. */
export function createCapturedHost(changes: CapturedHost = {}): HostChecks {
  const page = changes.page ?? 200;
  const handlers = changes.handlers ?? ['Microsoft.AdminCenter.AdminCenter'];
  const host = createWindowsHostChecks({
    environment: {
      SystemRoot: String.raw`C:\Windows`,
      SystemDrive: 'C:',
      ProgramFiles: String.raw`C:\Program Files`,
    },
    run: replayTools({
      [String.raw`${system}\sc.exe query ServerManagementGateway`]: changes.service ?? 'sc-running',
      [String.raw`${system}\tasklist.exe /FI IMAGENAME eq Sme.exe /FO CSV /NH`]:
        changes.process ?? 'tasklist-running',
      [String.raw`${system}\reg.exe query ${key} /v SmePort /reg:64`]: changes.port ?? 'reg-port',
      [String.raw`${system}\reg.exe query ${parentKey} /reg:64`]: changes.parentKey ?? 'reg-parent-with',
      [String.raw`${system}\reg.exe query ${key} /reg:64`]: changes.key ?? 'reg-key',
      [String.raw`C:\Program Files\AzureConnectedMachineAgent\azcmagent.exe config list`]:
        changes.arc ?? 'azcmagent-full',
    }),
    async listFolder(folder) {
      if (folder !== String.raw`C:\Packages\Plugins`) throw new Error(`nobody captured ${folder}`);
      if (handlers === 'denied') throw new Error('EPERM');
      return [...handlers];
    },
  });
  return {
    ...host,
    localStatus: async () => (typeof page === 'number' ? { known: page } : { unknown: page }),
  };
}

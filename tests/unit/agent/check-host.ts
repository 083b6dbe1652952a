import { parsePolicy } from '#agent/local-policy.ts';
import { findManualInstall } from '#agent/manual-install.ts';
import { type ListenerFinding, type Outbound, runSelfCheck } from '#agent/self-check.ts';
import type { HostCheck, HostCheckId } from '#shared/domain/host-check.ts';
import { type CapturedHost, createCapturedHost } from '../../support/captured-host.ts';

export const reached: Outbound = { hosts: ['api.example:443', 'bus.example:443'], unreachable: [] };

/** `policy` is the text of `local-policy.json`. */
export function checkHost(
  changes: CapturedHost = {},
  {
    policy = undefined as string | undefined,
    outbound = reached,
    host = createCapturedHost(changes),
    localPort = 6516,
    listener = undefined as ListenerFinding | undefined,
  } = {},
): Promise<HostCheck[]> {
  return runSelfCheck({
    host,
    port: 6516,
    localPort,
    scheme: 'https',
    readPolicy: async () => parsePolicy(policy, [6516, localPort]),
    tryOutbound: async () => outbound,
    findManual: () => findManualInstall(host, '/nowhere'),
    listener: () => listener,
  });
}

export const find = (checks: readonly HostCheck[], id: HostCheckId) =>
  checks.find((check) => check.id === id);

/** What the check says when the machine is as in `changes`. */
export const say = async (id: HostCheckId, changes: CapturedHost) => find(await checkHost(changes), id);

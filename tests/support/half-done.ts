import { moveCertificate } from '#orchestrations/certificate-record.ts';
import type { MachineDocument } from '#shared/domain/documents.ts';
import { machineNameOf } from '#shared/domain/machine-name.ts';
import type { ExtensionState } from '#shared/ports/resource-manager.ts';
import { certificateName, secretNames } from '#shared/protocol/resource-names.ts';
import { allOf } from './combinations.ts';
import { install, runIssue } from './crash/stage.ts';
import { type DurableApp, openDurableApp } from './durable-app.ts';
import { machineId, reportServing, resourceId } from './sample-machine.ts';

/** What an install that ended anywhere, or somebody else, may have left of each thing. */
const choices = {
  provider: ['registered', 'registering', 'not registered'],
  access: ['none', 'endpoint', 'WAC', 'WAC on another port', 'SSH', 'WAC and SSH'],
  name: ['none', 'chosen', 'half published', 'published'],
  certificate: ['none', 'ordered', 'issued', 'served', 'withdrawn', 'without its key'],
  extension: ['absent', 'creating', 'deleting', 'failed', 'succeeded'],
  agent: ['none', 'enrolled', 'away', 'without its keys'],
  record: ['none', 'installing', 'failed', 'installed'],
} as const;

export type HalfDone = ReturnType<typeof halfDoneStates>[number];

/** Without a name there is no certificate for it. */
export const halfDoneStates = () =>
  allOf(choices).filter(({ name, certificate }) => name !== 'none' || certificate === 'none');

const salt = 'salt of before';
const services: Readonly<Record<HalfDone['access'], Record<string, number> | undefined>> = {
  none: undefined,
  endpoint: {},
  WAC: { WAC: 6516 },
  'WAC on another port': { WAC: 443 },
  SSH: { SSH: 22 },
  'WAC and SSH': { WAC: 6516, SSH: 22 },
};
/** The ports by service; undefined where there is no endpoint. */
export const servicesOf = (access: HalfDone['access']) => services[access];
const extensions: Readonly<Record<HalfDone['extension'], ExtensionState>> = {
  absent: { state: 'absent' },
  creating: { state: 'creating' },
  deleting: { state: 'deleting' },
  failed: { state: 'failed', detail: 'exit code 1603' },
  succeeded: { state: 'succeeded', port: 6516 },
};

/**
 * A machine with an agent as it is: it enrols with the keys on its disk, and is refused when others have enrolled
 * for this machine. With the extension its disk is cleared.
 */
function liveMachine(app: DurableApp, keys: string | undefined): void {
  const disk = { keys };
  app.extension.machine.onInstall = async () => {
    disk.keys ??= 'new keys';
    const enrolled = (await app.store.read(machineId, 'agent'))?.document.signingKey ?? disk.keys;
    if (enrolled === disk.keys) await reportServing(app, { signingKey: disk.keys });
  };
  app.faults.before('extension.beginRemove', () => void (disk.keys = undefined));
}

async function leaveName(app: DurableApp, { name }: HalfDone): Promise<Partial<MachineDocument>> {
  if (name === 'none') return {};
  const key = await app.secrets.getSecret(secretNames.machineNameKey);
  const machineName = machineNameOf(key.value, resourceId, salt);
  if (name !== 'chosen') await app.dns.pointName(machineName, 'proxy.test', machineId);
  if (name === 'published') {
    await app.dns.pointName(`*.${machineName}`, 'proxy.test', machineId);
    await app.relay.ensureConnection(machineName);
    await app.bus.ensureAgentQueue(machineId);
  }
  return { machineName, salt, nameKeyVersion: key.version };
}

async function leaveCertificate(
  app: DurableApp,
  { certificate }: HalfDone,
  machineName: string,
): Promise<void> {
  if (certificate === 'none') return;
  if (certificate === 'ordered') {
    const retryAt = new Date(app.clock.now() + 3_600_000).toISOString();
    await moveCertificate(app.ports, machineId, { type: 'order', id: 'crashed', custody: 'vault', retryAt });
    return;
  }
  await runIssue(app, { machineId, machineName, custody: 'vault', isInstall: true });
  const thumbprint = (await app.store.read(machineId, 'certificate'))?.document.leaf?.thumbprint ?? '';
  if (certificate === 'served') await moveCertificate(app.ports, machineId, { type: 'serve', thumbprint });
  if (certificate === 'withdrawn') await moveCertificate(app.ports, machineId, { type: 'withdraw' });
  if (certificate === 'without its key') await app.vault.removeCertificate(certificateName(machineName));
}

/** The app with its one machine as the state says. */
export async function openHalfDone(state: HalfDone): Promise<DurableApp> {
  const app = await openDurableApp();
  const { provider, access, extension, agent, record } = state;
  if (provider !== 'registered') app.resources.registered.clear();
  if (provider === 'registering') {
    app.resources.slowness.reads = 3;
    await app.resources.registerProvider(install.subscriptionId, 'Microsoft.HybridConnectivity');
  }
  const present = servicesOf(access);
  if (present) app.connectivity.endpoints.set(resourceId, { ...present });
  app.extension.states.set(resourceId, extensions[extension]);
  const named = await leaveName(app, state);
  const found = await app.store.read(machineId, 'machine');
  if (!found) throw new Error('no machine');
  const installedAt = app.ports.now().toISOString();
  const machine: MachineDocument = {
    ...found.document,
    ...named,
    ...(present && { endpoint: { enabled: true, services: { ...present } } }),
    ...(record !== 'none' && {
      extension: { state: record, port: 6516, ...(record === 'installed' && { installedAt }) },
    }),
  };
  await app.store.commit(machineId, [{ put: machine }]);
  await leaveCertificate(app, state, machine.machineName ?? '');
  if (agent !== 'none') {
    await reportServing(app, {
      signingKey: 'old keys',
      connected: agent === 'enrolled',
      servingThumbprint: 'of an older leaf',
    });
  }
  liveMachine(app, agent === 'none' || agent === 'without its keys' ? undefined : 'old keys');
  return app;
}

/** All that there is of the machine, its own name written as `<name>`. */
export async function wholeState(app: DurableApp): Promise<object> {
  const [machine, certificate, agent, enrolment] = await app.store.readTogether(machineId, [
    { type: 'machine' },
    { type: 'certificate' },
    { type: 'agent' },
    { type: 'enrolment' },
  ]);
  const name = machine?.document.machineName ?? '';
  const inOwnName = (names: Iterable<string>) => [...names].map((one) => one.replace(name, '<name>'));
  const { extension, endpoint, currentOperation } = machine?.document ?? {};
  const leaf = certificate?.document.leaf;
  const { SSH: _, ...ours } = app.connectivity.endpoints.get(resourceId) ?? {};
  const { SSH: __, ...recorded } = endpoint?.services ?? {};
  return {
    registered: app.resources.registered.size,
    ours,
    recorded,
    records: inOwnName(app.dns.names.keys()).toSorted(),
    proofs: app.dns.texts.size,
    relays: inOwnName(app.relay.connections),
    queues: app.bus.queues.size,
    certificate: certificate?.document.state,
    hostNames: inOwnName(leaf?.hostNames ?? []),
    isInVault: (await app.vault.findCertificate(certificateName(name)))?.thumbprint === leaf?.thumbprint,
    extension: app.extension.states.get(resourceId),
    isServed: agent?.document.connected && agent.document.servingThumbprint === leaf?.thumbprint,
    hasToken: enrolment !== undefined,
    onRecord: { state: extension?.state, port: extension?.port },
    currentOperation,
  };
}

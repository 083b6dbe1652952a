import { moveCertificate } from '#orchestrations/certificate-record.ts';
import type { MachineDocument } from '#shared/domain/documents.ts';
import { machineNameOf } from '#shared/domain/machine-name.ts';
import { planPort } from '#shared/domain/port-rule.ts';
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
  extension: ['absent', 'creating', 'deleting', 'failed', 'succeeded', 'of others'],
  agent: ['none', 'enrolled', 'away', 'without its keys'],
  record: ['none', 'installing', 'failed', 'installed'],
} as const;

/** What else may lie about, made by us, by others or by the agent. */
const leftovers = [
  'none',
  'a port rule of ours',
  'a port rule of others',
  'a manual installation on record',
  'what was found before on record',
] as const;

type State = ReturnType<typeof allOf<typeof choices>>[number];
export type HalfDone = State & { leftover: (typeof leftovers)[number] };

/** Where something else lies about, the parts that it has nothing to do with are as they are on most machines. */
const isUsual = ({ provider, name, certificate }: State) =>
  provider === 'registered' && name === 'published' && certificate === 'served';

/** Without a name there is no certificate for it. */
export const halfDoneStates = (): HalfDone[] =>
  allOf(choices)
    .filter(({ name, certificate }) => name !== 'none' || certificate === 'none')
    .flatMap((state) =>
      leftovers
        .filter((leftover) => leftover === 'none' || isUsual(state))
        .map((leftover) => ({ ...state, leftover })),
    );

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
  creating: { state: 'creating', salt },
  deleting: { state: 'deleting', salt },
  failed: { state: 'failed', detail: 'exit code 1603', salt },
  succeeded: { state: 'succeeded', port: 6516, salt },
  'of others': { state: 'succeeded', port: 443, salt: 'salt of others' },
};

/** The interface of the machine has a group; a rule in it lets somebody in. */
const groupId = `/subscriptions/${install.subscriptionId}/resourceGroups/rg-local/providers/Microsoft.Network/networkSecurityGroups/web-01`;
const ruleId = `${groupId}/securityRules/PortForWAC`;
const opening = { machineId, listenOn: '10.0.0.4', port: 6516, sources: ['203.0.113.7'] };

function leaveOther(app: DurableApp, { leftover }: HalfDone): Partial<MachineDocument> {
  const { rule } = planPort([], opening);
  const { port, sources } = opening;
  switch (leftover) {
    case 'none':
      return {};
    case 'a port rule of ours':
      app.network.groups.set(groupId, [rule]);
      return { portRule: { ruleId, isOurs: true, port, sources } };
    case 'a port rule of others':
      app.network.groups.set(groupId, [{ ...rule, description: 'of the network team' }]);
      return { portRule: { ruleId, isOurs: false, port, sources } };
    case 'a manual installation on record':
      return { manualInstallation: { foundAt: app.ports.now().toISOString(), found: 'service and product' } };
    case 'what was found before on record':
      return { before: { endpoint: true, configuredPort: 443, extension: { port: 443 } } };
  }
}

/** Names of the rules that let somebody in. */
export const rulesLeft = (app: DurableApp): string[] =>
  (app.network.groups.get(groupId) ?? []).map(({ description }) => description ?? '');

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
  if (certificate === 'without its key') await app.vault.purgeCertificate(certificateName(machineName));
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
    ...leaveOther(app, state),
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

/** As the platform has it; the salt that it was set with is the machine's own. */
function extensionOf(app: DurableApp): object {
  const found: ExtensionState = app.extension.states.get(resourceId) ?? { state: 'absent' };
  return found.state === 'absent' ? found : { state: found.state, port: found.port };
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
  const { extension, endpoint, currentOperation, manualInstallation, portRule } = machine?.document ?? {};
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
    extension: extensionOf(app),
    isServed: agent?.document.connected && agent.document.servingThumbprint === leaf?.thumbprint,
    hasToken: enrolment !== undefined,
    onRecord: { state: extension?.state, port: extension?.port },
    noticed: [manualInstallation, portRule].filter((one) => one !== undefined),
    currentOperation,
  };
}

import type { HttpRequest } from '@azure/functions';
import { moveCertificate } from '#orchestrations/certificate-record.ts';
import { hostNamesOf } from '#shared/domain/certificate.ts';
import type { AgentDocument, CertificateDocument, MachineDocument } from '#shared/domain/documents.ts';
import { listEgress, writeHost } from '#shared/domain/egress.ts';
import { AppError } from '#shared/domain/error.ts';
import { serviceNames } from '#shared/domain/machine.ts';
import { reverse } from '#shared/domain/reach.ts';
import type { Stored } from '#shared/ports/machine-store.ts';
import {
  type AgentState,
  agentState,
  agentTokens,
  deliveredCertificate,
  type PublicKey,
} from '#shared/protocol/agent-messages.ts';
import { claimedMachineId, verifyAgentCall } from '#shared/protocol/agent-token.ts';
import { problem } from '#shared/protocol/api.ts';
import { agentQueueName, certificateName, queueNames } from '#shared/protocol/resource-names.ts';
import { sealCertificate } from '#shared/protocol/sealed-certificate.ts';
import { egressConfiguration } from '../egress-settings.ts';
import type { AppPorts, PortsProvider } from '../ports.ts';
import { bearerOf } from './authorization.ts';
import { defineRoute, type RouteCall } from './route.ts';

/** A name that is being changed is served as long as that takes. */
const farAwayMs = 365 * 24 * 60 * 60_000;
/** Service Bus and relay tokens of an agent live this long; it asks again well before. */
const tokenSeconds = 60 * 60;

const keyOf = (text: string): PublicKey => JSON.parse(text) as PublicKey;

/** The caller's machine: its call is signed by the key it enrolled with, for this method, URL and body. */
export async function requireAgent(call: RouteCall<unknown>): Promise<{
  agent: AgentDocument;
  machine: MachineDocument;
  certificate: Stored<CertificateDocument> | undefined;
}> {
  const { ports, request, bytes } = call;
  const token = bearerOf(request) ?? '';
  const machineId = claimedMachineId(token);
  const [agent, machine, certificate] = machineId
    ? await ports.store.readTogether(machineId, [
        { type: 'agent' },
        { type: 'machine' },
        { type: 'certificate' },
      ])
    : [];
  if (!machineId || !agent || !machine)
    throw new AppError('agent_token_invalid', 'no agent has enrolled by that name');
  await verifyAgentCall(
    keyOf(agent.document.signingKey),
    machineId,
    token,
    { method: request.method, url: publicUrl(ports, request), body: bytes },
    Math.floor(ports.now().getTime() / 1000),
  );
  ports.limits.take('agents', machineId);
  return { agent: agent.document, machine: machine.document, certificate };
}

/** The URL as agents call it; a front end may have changed host and scheme on the way. */
function publicUrl(ports: AppPorts, request: HttpRequest): string {
  const { pathname, search } = new URL(request.url);
  return `${ports.settings.ADMIN_CENTER_API_URL.replace(/\/$/, '')}${pathname}${search}`;
}

async function desiredState(
  ports: AppPorts,
  machine: MachineDocument,
  record: CertificateDocument | undefined,
): Promise<AgentState> {
  const ticketKey = await ports.ticketKey.current();
  const services = serviceNames.flatMap((name) => {
    const port = machine.endpoint?.services[name];
    return port === undefined ? [] : [{ name, port }];
  });
  // A name on its way in is the one to serve as soon as there is a certificate for it; connections to the present
  // one go on meanwhile.
  const isMoving =
    machine.nextName !== undefined && record?.leaf?.machineName === machine.nextName.machineName;
  const machineName = (isMoving ? machine.nextName?.machineName : machine.machineName) ?? '';
  const reach = (isMoving ? machine.nextReach : undefined) ?? machine.reach ?? reverse;
  const direct = [machine.nextReach, machine.reach].find((one) => one?.mode === 'direct');
  const wac = services.find(({ name }) => name === 'WAC');
  const farAway = new Date(ports.now().getTime() + farAwayMs).toISOString();
  const moving =
    isMoving && machine.machineName ? [{ machineName: machine.machineName, until: farAway }] : [];
  const { settings } = ports;
  return {
    machineId: machine.machineId,
    machineName,
    zone: ports.zone,
    services,
    ...(record?.leaf?.machineName === machineName && {
      certificate: {
        thumbprint: record.leaf.thumbprint,
        version: record.leaf.version,
        notAfter: record.leaf.notAfter,
        custody: record.leaf.custody,
      },
    }),
    ...(record?.wantedRequest !== undefined && {
      certificateRequest: {
        id: record.wantedRequest,
        hostNames: hostNamesOf(machine.nextName?.machineName ?? machine.machineName ?? '', ports.zone),
      },
    }),
    retiredNames: [...moving, ...(machine.retiredNames ?? [])],
    ticketKeys: [{ ...ticketKey.publicKey, kid: ticketKey.keyId, alg: 'ES256' }],
    relay: { host: ports.relay.host, path: reach.mode === 'reverse' ? machineName : '' },
    // Without the service there is nothing to listen for.
    ...(direct && wac && { direct: { address: direct.listenOn, port: wac.port } }),
    ...(machine.replaceConsent && { replaceManual: true }),
    ...(machine.signIn && { signIn: machine.signIn }),
    messages: {
      host: settings.ADMIN_CENTER_SERVICE_BUS_HOST,
      endpoint: settings.ADMIN_CENTER_SERVICE_BUS_ENDPOINT ?? settings.ADMIN_CENTER_SERVICE_BUS_HOST,
      eventQueue: agentQueueName(machine.machineId),
      reportQueue: queueNames.agentReports,
    },
    egress: listEgress(egressConfiguration(settings, ports.zone), { role: 'machine' })
      .filter(({ region }) => region === null || region === machine.facts?.location.toLowerCase())
      .map(writeHost),
  };
}

/**
 * A token for each of the machine's paths: the present name, the one on its way in and those on their way out. A name
 * of direct mode has no path, and a path that is being taken away has no token: the others go on.
 */
async function relayTokens(ports: AppPorts, machine: MachineDocument): Promise<Record<string, string>> {
  const { machineName, nextName, reach = reverse, nextReach = reach, retiredNames = [] } = machine;
  const presentPath = reach.mode === 'reverse' ? machineName : undefined;
  const nextPath = nextReach.mode === 'reverse' ? nextName?.machineName : undefined;
  const paths = [presentPath, nextPath, ...retiredNames.map((retired) => retired.machineName)];
  const signed = await Promise.allSettled(
    paths
      .filter((path) => path !== undefined)
      .map(async (path) => [path, await ports.relay.listenToken(path, tokenSeconds)] as const),
  );
  const [first] = signed;
  if (presentPath !== undefined && first?.status === 'rejected') throw first.reason;
  return Object.fromEntries(signed.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : [])));
}

export function registerAgent(provider: PortsProvider): void {
  defineRoute(
    provider,
    {
      name: 'agentState',
      method: 'GET',
      route: 'api/agent/state',
      audience: 'agent',
      summary: 'What the agent is to be',
      replies: { 200: agentState, 401: problem },
    },
    async (call) => {
      const { machine, certificate } = await requireAgent(call);
      return { body: await desiredState(call.ports, machine, certificate?.document) };
    },
  );

  defineRoute(
    provider,
    {
      name: 'agentCertificate',
      method: 'GET',
      route: 'api/agent/certificate',
      audience: 'agent',
      summary: 'Certificate and key, sealed to the key of the agent',
      replies: { 200: deliveredCertificate, 401: problem, 409: problem },
    },
    async (call) => {
      const { agent, machine, certificate } = await requireAgent(call);
      const { ports } = call;
      const leaf = certificate?.document.leaf;
      if (!leaf) throw new AppError('certificate_missing', 'no certificate is on record');
      const { thumbprint, version } = leaf;
      const name = certificateName(leaf.machineName);
      // Written first: an agent that was told of a fetched leaf has it, or comes again.
      const event = { type: 'deliver', thumbprint } as const;
      await moveCertificate(ports, machine.machineId, event, undefined, certificate);
      if (leaf.custody === 'machine') {
        const chainPem = await ports.vault.findKeptChain(name, version);
        if (chainPem === undefined)
          throw new AppError('certificate_missing', `the key vault has no chain of ${name} ${version}`);
        return { body: { thumbprint, chainPem } };
      }
      const content = await ports.vault.readPrivate(name, version);
      return { body: { thumbprint, sealed: await sealCertificate(keyOf(agent.encryptionKey), content) } };
    },
  );

  defineRoute(
    provider,
    {
      name: 'agentTokens',
      method: 'POST',
      route: 'api/agent/tokens',
      audience: 'agent',
      summary: 'Short-lived tokens for the agent’s queue, the report queue and the relay',
      replies: { 200: agentTokens, 401: problem },
    },
    async (call) => {
      const { machine } = await requireAgent(call);
      const { ports } = call;
      const [messages, relays] = await Promise.all([
        ports.bus.agentTokens(machine.machineId, tokenSeconds),
        relayTokens(ports, machine),
      ]);
      const expiresAt = new Date(ports.now().getTime() + tokenSeconds * 1000).toISOString();
      return { body: { ...messages, relay: relays[machine.machineName ?? ''] ?? '', relays, expiresAt } };
    },
  );
}

import type { Mend } from './access-advice.ts';
import type { ConnectCondition, JudgedCondition } from './connect-conditions.ts';
import { defaultPorts, type MachineKind, type ServiceName } from './machine.ts';
import { shellLine, shellWord } from './shell-word.ts';

export interface ConnectAdviceContext {
  machine: { resourceId: string; kind: MachineKind };
  service: ServiceName;
  /** Where the service would be configured to: as it was installed. */
  port?: number | undefined;
  /** What gives the role. */
  role: Mend | undefined;
}

/** The endpoints of "Microsoft.HybridConnectivity", on any machine. */
const endpointOf = (resourceId: string): string =>
  `${resourceId}/providers/Microsoft.HybridConnectivity/endpoints/default`;

const put = (resource: string, properties: object): string =>
  shellLine('az rest', {
    method: 'put',
    url: `${resource}?api-version=2023-03-15`,
    body: JSON.stringify({ properties }),
  });

const makeEndpoint = ({ machine }: ConnectAdviceContext): string =>
  put(endpointOf(machine.resourceId), { type: 'default' });

function configure({ machine, service, port = defaultPorts[service] }: ConnectAdviceContext): string {
  const path = `${endpointOf(machine.resourceId)}/serviceConfigurations/${service}`;
  return put(path, { serviceName: service, port });
}

const config = (setting: string, value: string): string =>
  `azcmagent config set ${shellWord(setting)} ${shellWord(value)}`;

/**
 * Only the machine itself switches it on (39). A list that is set replaces the one that was there, and what is reported is
 * what all sources of the machine allow together: so the port is added, and none is lost (42).
 */
function mendPolicy(
  { machine, service, port = defaultPorts[service] }: ConnectAdviceContext,
  code: string | undefined,
): Mend {
  if (code === 'agent_offline')
    return { sentence: 'What the machine allows is known once its agent has connected.', commands: [] };
  const isArc = machine.kind === 'arc';
  const where = isArc ? 'On the machine' : "On the machine, in the agent's local-policy.json";
  if (code === 'remote_access_disabled')
    return {
      sentence: `${where}: set incomingconnections.enabled to true. Nothing in Azure can switch it on.`,
      commands: isArc ? [config('incomingconnections.enabled', 'true')] : [],
    };
  return isArc
    ? {
        sentence: `On the machine: add ${port} to the ports that its Arc agent lets in, and to incomingconnections.ports in the agent's local-policy.json where that has a list.`,
        commands: [`${config('incomingconnections.ports', String(port))} --add`],
      }
    : {
        sentence: `${where}: add ${port} to incomingconnections.ports, and keep those that are there.`,
        commands: [],
      };
}

const mends: Readonly<
  Record<ConnectCondition, (context: ConnectAdviceContext, judged: JudgedCondition) => Mend | undefined>
> = {
  role: ({ role }) => role,
  endpoint: (context) => ({
    sentence: 'Install Windows Admin Center on the machine, or say by hand that it may be reached at all.',
    commands: [makeEndpoint(context)],
  }),
  configuration: (context) => ({
    sentence: `Say to which local port ${context.service} leads.`,
    commands: [configure(context)],
  }),
  lease: ({ service }) => ({
    sentence: `Request a lease for ${service} with a purpose and a time; somebody else who may assign roles on the machine approves it.`,
    commands: [],
  }),
  agent: () => ({
    sentence:
      'Start the machine and its agent, and check that it reaches this service on port 443; where none has enrolled, install it.',
    commands: [],
  }),
  'local policy': (context, { code }) => mendPolicy(context, code),
};

/** What mends a condition of a connect; undefined for one that is met. */
export const mendCondition = (judged: JudgedCondition, context: ConnectAdviceContext): Mend | undefined =>
  judged.met ? undefined : mends[judged.condition](context, judged);

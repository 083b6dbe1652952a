import type { AccessDecision } from './access.ts';
import type { AgentDocument } from './documents.ts';
import { AppError, type ErrorCode, type ErrorFacts } from './error.ts';
import type { ServiceName } from './machine.ts';

/** What a connect needs, in the order in which it is asked: the first that is not met is the refusal (86, 87). */
export const connectConditions = [
  'role',
  'endpoint',
  'configuration',
  'lease',
  'agent',
  'local policy',
] as const;
export type ConnectCondition = (typeof connectConditions)[number];

/** What was found when somebody wants to connect, or asks whether he could. */
export interface ConnectFacts {
  service: ServiceName;
  /** Whose role it is, as he is called in a sentence. */
  userName: string;
  role: AccessDecision;
  /** Port by service as the provider has it; undefined without an endpoint. */
  services: Partial<Record<ServiceName, number>> | undefined;
  lease: {
    /** By the policy of the machine or of the deployment. */
    required: boolean;
    /** The user's own for this service, where one opens it now. */
    inForce?: { id: string; endsAt?: string } | undefined;
  };
  /** What the agent last said of itself; undefined when none has enrolled. */
  agent: Pick<AgentDocument, 'connected' | 'lastSeenAt' | 'blockedServices' | 'localPolicy'> | undefined;
}

export interface JudgedCondition {
  condition: ConnectCondition;
  met: boolean;
  /** What was found, one sentence. */
  detail: string;
  /** Of one that is not met: code and facts of the refusal. */
  code?: ErrorCode;
  facts?: ErrorFacts;
}

type Judgement = Omit<JudgedCondition, 'condition'>;

const met = (detail: string): Judgement => ({ met: true, detail });
const unmet = (code: ErrorCode, detail: string, facts?: ErrorFacts): Judgement => ({
  met: false,
  detail,
  code,
  ...(facts && { facts }),
});

function judgeRole({ role, userName }: ConnectFacts): Judgement {
  if (role.allowed) return met(`a role gives ${userName} the right to connect`);
  const { missingAction } = role;
  return unmet('access_denied', `no role gives ${userName} ${missingAction} here`, { missingAction });
}

const judgeEndpoint = ({ services }: ConnectFacts): Judgement =>
  services
    ? met('the machine has an endpoint')
    : unmet('endpoint_missing', 'the provider knows no endpoint on this machine');

function judgeConfiguration({ services, service }: ConnectFacts): Judgement {
  const port = services?.[service];
  return port === undefined
    ? unmet('service_not_configured', `the endpoint has no service configuration ${service}`)
    : met(`${service} is configured to port ${port}`);
}

function judgeLease({ lease: { required, inForce }, service, userName }: ConnectFacts): Judgement {
  if (inForce)
    return met(`lease ${inForce.id} is in force${inForce.endsAt ? ` until ${inForce.endsAt}` : ''}`);
  if (!required) return met('no lease is needed');
  return unmet('lease_required', `${userName} has no lease for ${service} that is in force`);
}

function judgeAgent({ agent }: ConnectFacts): Judgement {
  if (agent?.connected) return met('the agent is connected');
  return unmet('agent_offline', agent ? 'the agent was last seen disconnected' : 'no agent has enrolled', {
    lastSeenAt: agent?.lastSeenAt ?? null,
  });
}

/** The machine has the last word (38-42). What it last said holds while it says nothing. */
function judgeLocalPolicy({ agent, service, services }: ConnectFacts): Judgement {
  if (!agent) return unmet('agent_offline', 'no agent has said what the machine allows');
  const { localPolicy, blockedServices = [] } = agent;
  if (localPolicy?.enabled === false)
    return unmet('remote_access_disabled', 'the machine has switched every remote access off');
  const port = services?.[service];
  const isMissing = port !== undefined && localPolicy !== undefined && !localPolicy.ports.includes(port);
  if (isMissing || blockedServices.includes(service))
    return unmet('port_not_allowed', `the machine's own policy refuses ${service}`, {
      ...(port !== undefined && { port }),
      ...(localPolicy && { ports: localPolicy.ports }),
    });
  return met(`the machine's own policy allows ${service}`);
}

const judges: Readonly<Record<ConnectCondition, (facts: ConnectFacts) => Judgement>> = {
  role: judgeRole,
  endpoint: judgeEndpoint,
  configuration: judgeConfiguration,
  lease: judgeLease,
  agent: judgeAgent,
  'local policy': judgeLocalPolicy,
};

/** Every condition in order. Connect and its explanation ask the same. */
export const judgeConnect = (facts: ConnectFacts): JudgedCondition[] =>
  connectConditions.map((condition) => ({ condition, ...judges[condition](facts) }));

/** The first that is not met, as the error of a connect; undefined when all are. */
export function refusalOf(conditions: readonly JudgedCondition[]): AppError | undefined {
  const first = conditions.find((one) => !one.met);
  return (
    first &&
    new AppError(first.code ?? 'access_denied', first.detail, {
      facts: { condition: first.condition, ...first.facts },
    })
  );
}

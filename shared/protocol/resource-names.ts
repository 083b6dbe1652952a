/** Names of what a deployment contains. Infrastructure makes these, the programs expect them: a wire contract. */
export const cosmosNames = {
  database: 'admin-center',
  machines: 'machines',
  budgets: 'budgets',
} as const;

export const queueNames = { agentReports: 'agent-reports' } as const;
/** `notifications`: CloudEvents for chat and ticket systems; whoever wants them adds a subscription of his own. */
export const topicNames = { proxyControl: 'proxy-control', notifications: 'notifications' } as const;
export const agentQueueName = (machineId: string): string => `agent-${machineId}`;

/** Rule on an agent's own queue, and rule on the report queue that agents' tokens are signed with. */
export const ruleNames = {
  agentListen: 'agent-listen',
  agentSend: 'agent-send',
  relayListen: 'listen',
} as const;

export const secretNames = {
  machineNameKey: 'machine-name-key',
  sessionLabelKey: 'session-label-key',
  enrolmentKey: 'enrolment-key',
  auditKey: 'audit-key',
} as const;

export const keyNames = { acmeAccount: 'acme-account', sessionTicket: 'session-ticket' } as const;

/** The Key Vault certificate of a machine; where the machine holds the key, `<name>-chain` is the secret with the chain. */
export const certificateName = (machineName: string): string => `machine-${machineName}`;

export const hybridConnectivityNamespace = 'Microsoft.HybridConnectivity';
export const extensionName = 'AdminCenter';

/** Partition key paths and indexes of the containers (a deployment makes them so). */
export const containerDefinitions = [
  {
    id: cosmosNames.machines,
    partitionKey: { paths: ['/pk'] },
    // -1: no document expires unless it carries a ttl of its own.
    defaultTtl: -1,
  },
  { id: cosmosNames.budgets, partitionKey: { paths: ['/account'] }, defaultTtl: -1 },
] as const;

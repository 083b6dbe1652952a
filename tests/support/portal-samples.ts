import type { MachineReply, OperationReply, Problem } from '#shared/protocol/api.ts';

const dayMs = 24 * 60 * 60 * 1000;
export const fromNow = (ms: number): string => new Date(Date.now() + ms).toISOString();

export const machineIdOf = (number: number): string => `machine${'abcdefghij'[number]}`.padEnd(26, 'a');

const allowed = { allowed: true, missingAction: null };

/** A machine that is installed and ready; a test states only what differs. */
export function sampleMachine(number: number, differs: Partial<MachineReply> = {}): MachineReply {
  const id = machineIdOf(number);
  const name = differs.name ?? `server-${number}`;
  const machineName = `k7x2m4q6s3t5u7v2w4y6z2a4${'bcdefghi'[number]}q`;
  return {
    id,
    resourceId: `/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/rg-sample/providers/Microsoft.HybridCompute/machines/${name}`,
    name,
    kind: 'arc',
    state: 'ready',
    health: { state: 'healthy', reasons: [] },
    subscriptionId: '00000000-0000-4000-8000-000000000001',
    facts: {
      location: 'westeurope',
      cloud: 'AzureCloud',
      osType: 'windows',
      osName: 'Windows Server 2022 Datacenter',
      osVersion: '10.0.20348.2113',
      memoryBytes: 16 * 1024 ** 3,
      agentVersion: '1.48.02881.1941',
      status: 'Connected',
    },
    machineName,
    extension: { name: 'AdminCenter', state: 'installed', port: 6516, installedAt: fromNow(-20 * dayMs) },
    endpoint: { enabled: true, services: { WAC: 6516 } },
    reach: { mode: 'reverse' },
    manualInstallation: null,
    certificate: {
      state: 'served',
      hostNames: [`${machineName}.wac.localhost`, `*.${machineName}.wac.localhost`],
      thumbprint: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
      notBefore: fromNow(-20 * dayMs),
      notAfter: fromNow(70 * dayMs),
      dueAt: fromNow(40 * dayMs),
    },
    presence: { connected: true, lastSeenAt: fromNow(-30_000), agentVersion: '0.1.0' },
    operation: null,
    may: { install: allowed, connect: allowed },
    ...differs,
  };
}

const nothing: Partial<MachineReply> = {
  state: 'uninstalled',
  machineName: null,
  extension: { name: 'AdminCenter', state: 'absent', port: null, installedAt: null },
  endpoint: { enabled: false, services: {} },
  certificate: null,
  presence: { connected: false, lastSeenAt: null, agentVersion: null },
};

export const bareMachine = (number: number, differs: Partial<MachineReply> = {}): MachineReply =>
  sampleMachine(number, { ...nothing, ...differs });

const stepNames = ['Register the resource provider', 'Deploy the endpoint', 'Install the agent'] as const;

/** An install that has come as far as this step (0 to 2); 3 is its end. */
export function installAt(
  machineId: string,
  step: number,
  differs: Partial<OperationReply> = {},
): OperationReply {
  const began = Date.now() - step * 4000 - 2500;
  const at = (index: number) => new Date(began + index * 4000).toISOString();
  const isDone = step >= stepNames.length;
  return {
    id: `${machineId}.q2w3e4r5`,
    machineId,
    kind: 'install',
    status: isDone ? 'succeeded' : 'running',
    percent: isDone ? 100 : Math.round((100 * (step + 0.5)) / 3),
    createdAt: at(0),
    steps: stepNames.map((name, index) => {
      if (index < step) return { name, status: 'succeeded', startedAt: at(index), endedAt: at(index + 1) };
      if (index > step) return { name, status: 'waiting' };
      return { name, status: 'running', startedAt: at(index), detail: 'It asks and waits for the answer.' };
    }),
    ...(isDone && { endedAt: at(3), resource: `/api/machines/${machineId}/extension` }),
    ...differs,
  };
}

/** The same install, stopped at this step by this error. */
export function installFailedAt(
  machineId: string,
  step: number,
  error: NonNullable<OperationReply['error']>,
) {
  const operation = installAt(machineId, step);
  return {
    ...operation,
    status: 'failed' as const,
    endedAt: fromNow(0),
    error,
    steps: operation.steps.map((one, index) =>
      index === step ? { ...one, status: 'failed' as const, endedAt: fromNow(0), detail: error.detail } : one,
    ),
  };
}

export const agentNotServing = {
  code: 'agent_not_serving',
  hop: 'agent',
  title: 'The agent does not serve the certificate yet',
  detail: 'no report of a served certificate came within 10 minutes',
  remedy: 'Check that the agent runs and may reach the service on port 443, then install again.',
  retryable: true,
};

export const sampleProblem = (status: number, differs: Partial<Problem>): Problem => ({
  type: '/api/openapi.json#sample',
  title: 'The service on the machine does not answer',
  status,
  detail: 'port 6516 refused the connection',
  instance: 'urn:uuid:00000000-0000-4000-8000-0000000000ff',
  code: 'service_unreachable',
  hop: 'service',
  remedy: 'On the machine check that https://localhost:6516 loads; restart ServerManagementGateway if not.',
  retryable: true,
  ...differs,
});

export const samplePreconditions = (isMemoryMet = true) => ({
  met: isMemoryMet,
  preconditions: [
    {
      code: 'operating_system',
      rule: 'The operating system is supported',
      met: true,
      severity: 'failure',
      found: 'Windows Server 2022 Datacenter',
      needed: 'Windows Server 2016 or newer, or Linux',
      remedy: 'Upgrade the operating system of the machine.',
    },
    {
      code: 'memory',
      rule: 'The machine has enough memory',
      met: isMemoryMet,
      severity: 'failure',
      found: isMemoryMet ? '16 GiB' : '2 GiB',
      needed: '3 GiB',
      remedy: 'Give the machine at least 3 GiB of memory.',
    },
    {
      code: 'arc_agent_recommended',
      rule: 'The Arc agent is a recommended version',
      met: false,
      severity: 'warning',
      found: '1.34.02500.1',
      needed: '1.37 or newer',
      remedy: 'Update the Azure Connected Machine agent to 1.37 or newer.',
    },
    {
      code: 'machine_connected',
      rule: 'The machine is connected',
      met: true,
      severity: 'failure',
      found: 'Connected',
      needed: 'Connected',
      remedy: 'Start the machine and check its outbound connection on port 443.',
    },
  ],
});

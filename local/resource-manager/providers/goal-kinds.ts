import type { Resource } from '../resource-store.ts';

/** What is kept of a goal and never shown. */
export interface GoalSecret extends Record<string, unknown> {
  /** As it was asked for last, secrets too; a reported version does not change it. */
  wanted: Record<string, unknown>;
  /** Of this goal; the machine reports against it. */
  sequence: number;
  isDeleting: boolean;
  /** The last long-running operation. */
  operationId: string;
}

export const secretOf = (resource: Resource): GoalSecret => resource.secret as GoalSecret;

/** What a machine says of a goal. */
interface GoalReport {
  sequence: number;
  status: 'transitioning' | 'success' | 'error';
  message: string;
  version?: string | undefined;
  removed?: boolean | undefined;
  exitCode?: number | undefined;
}

/** One way in which a kind of machine is told what to have. */
export interface GoalKind {
  type: string;
  /** Between the id of the machine and the name of the goal, in lower case. */
  collection: string;
  /** What is wanted, in the body of a PUT. */
  wantedOf(body: Record<string, unknown>): Record<string, unknown>;
  /** What the machine reads of it. */
  toGoal(wanted: Record<string, unknown>): Record<string, unknown>;
  /** Properties with the report in them, and those that a later PUT leaves. */
  report(properties: Record<string, unknown>, report: GoalReport, at: { name: string; time: string }): object;
  reported: readonly string[];
}

const asRecord = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};

const views = {
  transitioning: { level: 'Information', displayStatus: 'Transitioning' },
  success: { level: 'Information', displayStatus: 'Provisioning succeeded' },
  error: { level: 'Error', displayStatus: 'Provisioning failed' },
} as const;

const extensionGoal = ({
  publisher,
  type,
  typeHandlerVersion = '',
  settings = {},
  protectedSettings = {},
}: Record<string, unknown>) => ({
  publisher,
  type,
  version: typeHandlerVersion,
  settings,
  protectedSettings,
});

const statusOf = ({ status, message }: GoalReport, time: string) => ({
  code: status,
  ...views[status],
  message,
  time,
});

const arcExtension: GoalKind = {
  type: 'Microsoft.HybridCompute/machines/extensions',
  collection: 'extensions',
  wantedOf: ({ properties }) => asRecord(properties),
  toGoal: extensionGoal,
  report(properties, report, { name, time }) {
    const version = report.version ?? properties['typeHandlerVersion'];
    const status = statusOf(report, time);
    return {
      ...(version !== undefined && { typeHandlerVersion: version }),
      instanceView: { name, type: properties['type'], typeHandlerVersion: version, status },
    };
  },
  reported: ['typeHandlerVersion', 'instanceView'],
};

const virtualMachineExtension: GoalKind = {
  ...arcExtension,
  type: 'Microsoft.Compute/virtualMachines/extensions',
  report(properties, report, { name, time }) {
    const known = asRecord(properties['instanceView'])['typeHandlerVersion'];
    const { publisher, type } = properties;
    const typeHandlerVersion = report.version ?? known;
    const handler = { name, type: `${String(publisher)}.${String(type)}` };
    const statuses = [{ ...statusOf(report, time), code: `ProvisioningState/${report.status}` }];
    return { instanceView: { ...handler, typeHandlerVersion, statuses } };
  },
  reported: ['instanceView'],
};

const clusterExtension: GoalKind = {
  type: 'Microsoft.AzureStackHCI/clusters/arcSettings/extensions',
  collection: 'arcsettings/default/extensions',
  wantedOf: ({ properties }) => asRecord(asRecord(properties)['extensionParameters']),
  toGoal: extensionGoal,
  report(properties, report, { name, time }) {
    const [before] = (properties['perNodeExtensionDetails'] ?? []) as { typeHandlerVersion?: string }[];
    const typeHandlerVersion = report.version ?? before?.typeHandlerVersion;
    const { type } = asRecord(properties['extensionParameters']);
    const states = { transitioning: 'InProgress', success: 'Succeeded', error: 'Failed' } as const;
    const state = states[report.status];
    const instanceView = { name, type, typeHandlerVersion, status: statusOf(report, time) };
    return {
      aggregateState: state,
      perNodeExtensionDetails: [{ name: 'node-1', state, typeHandlerVersion, instanceView }],
    };
  },
  reported: ['aggregateState', 'perNodeExtensionDetails'],
};

const runCommand = (type: string): GoalKind => ({
  type,
  collection: 'runcommands',
  wantedOf: ({ properties }) => asRecord(properties),
  toGoal: ({ source, parameters = [], protectedParameters = [], timeoutInSeconds }) => ({
    script: asRecord(source)['script'] ?? '',
    parameters: [...(parameters as object[]), ...(protectedParameters as object[])],
    ...(timeoutInSeconds !== undefined && { timeoutInSeconds }),
  }),
  report(_properties, { status, message, exitCode }, { time }) {
    const executionState = { transitioning: 'Running', success: 'Succeeded', error: 'Failed' } as const;
    return {
      instanceView: {
        executionState: executionState[status],
        ...(exitCode !== undefined && { exitCode }),
        output: message,
        error: status === 'error' ? message : '',
        ...(status !== 'transitioning' && { endTime: time }),
      },
    };
  },
  reported: ['instanceView'],
});

/** By the type of the machine in lower case. */
export const goalKinds: Readonly<Record<string, readonly GoalKind[]>> = {
  'microsoft.hybridcompute/machines': [
    arcExtension,
    runCommand('Microsoft.HybridCompute/machines/runCommands'),
  ],
  'microsoft.compute/virtualmachines': [
    virtualMachineExtension,
    runCommand('Microsoft.Compute/virtualMachines/runCommands'),
  ],
  'microsoft.azurestackhci/clusters': [clusterExtension],
};

/** Throws for a type that is none: the table above is complete. */
export function goalKindOf(type: string): GoalKind {
  const kind = Object.values(goalKinds)
    .flat()
    .find((one) => one.type === type);
  if (!kind) throw new Error(`${type} is no goal of a machine`);
  return kind;
}

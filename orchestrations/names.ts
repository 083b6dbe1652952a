/** Names that live in stored histories: they are a wire contract and must not be renamed. */
export const orchestratorNames = {
  installExtension: 'installExtension',
  uninstallExtension: 'uninstallExtension',
  repairExtension: 'repairExtension',
  issueCertificate: 'issueCertificate',
  renewCertificate: 'renewCertificate',
  renewDue: 'renewDue',
  revokeCertificate: 'revokeCertificate',
  replaceFleet: 'replaceFleet',
  installFleet: 'installFleet',
  installFleetMachine: 'installFleetMachine',
  openSession: 'openSession',
  runInTurn: 'runInTurn',
  followLease: 'followLease',
} as const;

/** Raised on an operation's instance when the machine's agent has reported something. A hint: read the store. */
export const agentReportedEvent = 'agentReported';

/** Raised on an operation that waits for its turn, or on a fleet replacement, when somebody calls it off. */
export const cancelRequestedEvent = 'cancelRequested';

/** Raised on a fleet install that waits when somebody changed it. A hint: read the store. */
export const fleetChangedEvent = 'fleetChanged';

/** Raised on the flow of a lease when somebody changed it. A hint: read the store. */
export const leaseChangedEvent = 'leaseChanged';

/** Instance ids are built from our own ids, never from an ARM id (it holds slashes). */
export const operationId = (machineId: string, random: string): string => `${machineId}.${random}`;
export const machineIdOfOperation = (id: string): string => id.split('.')[0] ?? '';
/** One sweep of the renewal timer: the same minute is the same sweep. */
export const sweepInstanceId = (minute: string): string => `renewals-${minute}`;
export const sessionInstanceId = (machineId: string, sessionId: string): string =>
  `${machineId}.session-${sessionId}`;
/** `random` where one before it ended without a word. */
export const leaseInstanceId = (machineId: string, leaseId: string, random?: string): string =>
  `${machineId}.lease-${leaseId}${random === undefined ? '' : `-${random}`}`;

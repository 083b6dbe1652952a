/** Names that live in stored histories: they are a wire contract and must not be renamed. */
export const orchestratorNames = {
  installExtension: 'installExtension',
  uninstallExtension: 'uninstallExtension',
  issueCertificate: 'issueCertificate',
  renewCertificate: 'renewCertificate',
  openSession: 'openSession',
} as const;

/** Raised on an operation's instance when the machine's agent has reported something. A hint: read the store. */
export const agentReportedEvent = 'agentReported';

/** Instance ids are built from our own ids, never from an ARM id (it holds slashes). */
export const operationId = (machineId: string, random: string): string => `${machineId}.${random}`;
export const machineIdOfOperation = (id: string): string => id.split('.')[0] ?? '';
export const sessionInstanceId = (machineId: string, sessionId: string): string =>
  `${machineId}.session-${sessionId}`;

/** What was read, or why it could not be: a check that cannot tell says so and never guesses. */
export type Reading<T> = { known: T } | { unknown: string };

/** The Windows service of Windows Admin Center, by exactly this name (requirement 11; C12: one document misspells it). */
export const serviceName = 'ServerManagementGateway';
/** Its process (requirement 12). */
export const processName = 'Sme.exe';
/** Where its install port is, as value `SmePort` (requirement 119). */
export const registryKey = String.raw`HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\ServerManagementGateway`;

export type ServiceState = 'running' | 'starting' | 'stopped' | 'absent';

/** What the Arc agent lets in (requirements 38-42). */
export interface ArcConfiguration {
  /** `incomingconnections.enabled`; false closes everything. */
  enabled: boolean;
  /** `incomingconnections.ports`, in the order of the list. */
  ports: readonly number[];
}

/** Looks at this machine and changes nothing. Nothing throws, and everything ends within seconds. */
export interface HostChecks {
  /** Service, process, registry and handler are of Windows alone: elsewhere they are absent. */
  isWindows: boolean;
  serviceState(): Promise<Reading<ServiceState>>;
  isProcessRunning(): Promise<Reading<boolean>>;
  /** `SmePort`; undefined when there is no such value. */
  registeredPort(): Promise<Reading<number | undefined>>;
  /** Whether the platform's extension brought the Windows Admin Center that is here. */
  hasExtensionHandler(): Promise<Reading<boolean>>;
  /** Status that `<scheme>://localhost:<port>` answers with; its certificate is accepted as it is. */
  localStatus(scheme: 'http' | 'https', port: number): Promise<Reading<number>>;
  /** Where the Arc agent keeps its configuration. */
  arcFolder: string;
  /** undefined when the machine has no Arc agent. */
  arcConfiguration(): Promise<Reading<ArcConfiguration | undefined>>;
}

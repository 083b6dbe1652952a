import type { EffectiveRoles } from '#shared/domain/access.ts';
import type { MachineFacts, ServiceName } from '#shared/domain/machine.ts';

export type ProviderState = 'NotRegistered' | 'Registering' | 'Registered' | 'Unregistering' | 'Unregistered';

/**
 * Subscriptions, providers and machines as Azure Resource Manager has them, asked by the app's own identity.
 * `resource_manager_unavailable` when it does not answer or limits the rate, `resource_manager_refused` with its
 * own code and message in `facts` when it says no.
 */
export interface ResourceManager {
  tenantOf(subscriptionId: string): Promise<string>;
  providerState(subscriptionId: string, namespace: string): Promise<ProviderState>;
  /** Starts registration; registered already is success. */
  registerProvider(subscriptionId: string, namespace: string): Promise<void>;
  /** Undefined when the machine is not there. */
  findMachine(resourceId: string): Promise<MachineFacts | undefined>;
}

/** Role assignments and deny assignments as ARM has them. */
export interface RoleReader {
  /**
   * All that the caller and his groups (transitive) hold at, above and below the subscription, in one reading:
   * `rolesAt` picks those that reach one machine. A definition that is gone grants nothing. Where what was read is
   * kept, it is at most `maximumAgeMs` old.
   */
  rolesIn(principalId: string, subscriptionId: string, maximumAgeMs?: number): Promise<EffectiveRoles>;
}

/** Endpoint and service configurations on a machine (Microsoft.HybridConnectivity 2023-03-15). `provider_not_registered` is its own code. */
export interface HybridConnectivity {
  /** PUT `endpoints/default`; repeatable. */
  putEndpoint(resourceId: string): Promise<void>;
  hasEndpoint(resourceId: string): Promise<boolean>;
  removeEndpoint(resourceId: string): Promise<void>;
  /** PUT with the port as an integer; repeatable. Without an endpoint: `endpoint_missing`. */
  putServiceConfiguration(resourceId: string, service: ServiceName, port: number): Promise<void>;
  /** The ports by service; undefined when the endpoint itself is missing. */
  findServiceConfigurations(resourceId: string): Promise<Partial<Record<ServiceName, number>> | undefined>;
  removeServiceConfiguration(resourceId: string, service: ServiceName): Promise<void>;
}

export interface ExtensionSettings {
  /** Decimal text: a string in this resource (as Azure has it). */
  port: string;
  salt: string;
  /** Origin of this API, for the agent to enrol. */
  controlPlane: string;
  /** For the documented handler alone, and only for versions that take it. */
  proxy?: { mode: 'application'; address: string };
}

/** An extension as the platform has it, whoever installed it. */
interface FoundExtension {
  state: 'creating' | 'deleting' | 'succeeded' | 'failed';
  /** What the handler said last; of a failed one there is always something. */
  detail?: string;
  port?: number;
  version?: string;
  /** The oldest version that a connect works through, where this one is older (documented handler alone). */
  connectNeeds?: string;
  /** As it was set: the salt of our own install is in nobody else's. */
  salt?: string;
  controlPlane?: string;
}

export type ExtensionState = { state: 'absent' } | FoundExtension;

/** The agent's extension on a machine, `AdminCenter`. */
export interface MachineExtension {
  /**
   * Starts the deployment and does not wait for its end; the same again is harmless. It resolves when `read` shows it.
   * `token` is never shown.
   */
  beginInstall(resourceId: string, settings: ExtensionSettings, token: string): Promise<void>;
  read(resourceId: string): Promise<ExtensionState>;
  /** Starts the removal, or brings it forward: repeat it until `read` says absent. Absent is success. */
  beginRemove(resourceId: string): Promise<void>;
}

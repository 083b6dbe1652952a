import type { DatabaseSync } from 'node:sqlite';
import type { Clock } from '#local/kit/clock.ts';
import type { HttpReply, HttpRequest } from '#local/kit/http-server.ts';
import type { TokenClaims } from '#local/kit/tokens.ts';
import type { Operations } from './operations.ts';
import type { ReadTime } from './read-time.ts';
import type { ResourceId } from './resource-id.ts';
import type { Resource, ResourceBody, ResourceStore } from './resource-store.ts';
import type { TimedChanges } from './timed-changes.ts';

/** One request after its token and api-version were checked. */
export interface ArmCall {
  request: HttpRequest;
  query: URLSearchParams;
  apiVersion: string;
  claims: TokenClaims;
  /** The JSON object of the body; a 400 when it is none. Empty for an absent body. */
  body(): Record<string, unknown>;
}

/** A request for one resource type. */
export interface ResourceCall extends ArmCall {
  id: ResourceId;
}

export type Verb = 'GET' | 'LIST' | 'PUT' | 'PATCH' | 'DELETE';

/**
 * Everything that is particular about one resource type. What is left out is done as most of ARM does it
 * (`generic-verbs.ts`). Handlers run in one transaction.
 */
export interface TypeRules {
  /** `Microsoft.Network/dnsZones/TXT`, in the service's spelling. */
  type: string;
  /** As it is shown in bodies, where that spelling differs. */
  shownType?: string;
  /** Newest first. */
  apiVersions: readonly string[];
  verbs: readonly Verb[];
  /** Extension resources lie on any other resource or scope; others in a resource group. */
  isExtension?: boolean;
  /** Shows the ETag in body and header. */
  showsEtag?: boolean;
  /** This type's errors have no `error` envelope. */
  hasFlatErrors?: boolean;
  /** Status of a PUT that created; 201 by default. */
  statusOnCreate?: 200 | 201;
  /** Checks the body of a PUT or PATCH and returns what is kept. Throws ArmError. */
  compose?(
    call: ResourceCall,
    existing: Resource | undefined,
  ): { body: ResourceBody; secret?: Record<string, unknown> };
  onWritten?(resource: Resource, existing: Resource | undefined): void;
  /** Also called for each resource that goes with the one that was deleted. */
  onDeleted?(resource: Resource): void;
  /** Throws when this resource must not be deleted. */
  requireDeletable?(resource: Resource): void;
  /** The body as it is shown. */
  show?(resource: Resource): ResourceBody;
  get?(call: ResourceCall): HttpReply;
  list?(call: ResourceCall): HttpReply;
  /** Also for PATCH, of types that have that verb. */
  put?(call: ResourceCall, existing: Resource | undefined): HttpReply;
  remove?(call: ResourceCall, existing: Resource | undefined): HttpReply;
  /** POST actions by their name in lower case; the resource exists. */
  actions?: Readonly<Record<string, (call: ResourceCall, resource: Resource) => HttpReply>>;
}

/** A path that is not a plain resource. */
export interface Route {
  /** For counting and faults. */
  name: string;
  method: string;
  /** Matched against the decoded path, without regard to case. */
  pattern: RegExp;
  apiVersions: readonly string[];
  /** What the caller must be allowed; absent means that any caller of the tenant may. */
  permission?(...groups: string[]): string;
  handle(call: ArmCall, ...groups: string[]): HttpReply | Promise<HttpReply>;
}

/** What the rules of a provider may use. */
export interface ProviderContext {
  database: DatabaseSync;
  resources: ResourceStore;
  operations: Operations;
  timed: TimedChanges;
  clock: Clock;
  /** For what reads show: earlier than the clock while the stand-in lies about its state. */
  readTime: ReadTime;
  subscriptionId: string;
  tenantId: string;
  /** Names of the management groups above the subscription, nearest first and the tenant's own last. */
  managementGroups: readonly string[];
  /** Without a final slash. */
  origin(): string;
  /** Runs once the current transaction is committed. */
  afterCommit(callback: () => void): void;
}

/** One provider namespace: what a registry file in `providers/` exports. */
export interface Provider {
  types: readonly TypeRules[];
  routes?: readonly Route[];
}

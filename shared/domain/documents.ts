import type { Adoption } from './adoption.ts';
import type { AuditDocument, AuditHeadDocument, ForgottenMachineDocument } from './audit-documents.ts';
import type { CertificateRecord, KeyCustody } from './certificate.ts';
import type { DocumentBase } from './document-base.ts';
import type { Drill } from './drill.ts';
import type { FleetInstall, FleetMachine } from './fleet-install.ts';
import type { HostCheck } from './host-check.ts';
import type { Lease, Person } from './lease.ts';
import type { MachineFacts, MachineKind, ServiceName, SignIn } from './machine.ts';
import type { Operation, OperationKind } from './operation.ts';
import type { OpenedPort, Reach } from './reach.ts';
import type { Session } from './session.ts';

export interface MachineDocument extends DocumentBase {
  type: 'machine';
  resourceId: string;
  kind: MachineKind;
  displayName: string;
  subscriptionId: string;
  facts?: MachineFacts;
  /** Random per install; with the key version it fixes the machine name. */
  salt?: string;
  nameKeyVersion?: string;
  machineName?: string;
  /** A name on its way in: beside the present one until its certificate is served. */
  nextName?: { machineName: string; salt: string; keyVersion: string };
  /** Names that were given up: they answer until the last session that was opened on them has ended. */
  retiredNames?: RetiredName[];
  /** Who holds the private key from the next order on; `vault` where nothing is said. */
  custody?: KeyCustody;
  /** What is installed, as last written by an operation. */
  extension?: {
    state: 'installing' | 'installed' | 'failed';
    port: number;
    installedAt?: string;
    /** Since when it is no longer on the machine, ISO 8601: somebody else took it away. */
    removedSince?: string;
  };
  /** The last try to take over an extension that others installed. */
  adoption?: Adoption;
  /** How browsers get there; reverse where nothing is said. `nextReach` comes in with `nextName`. */
  reach?: Reach;
  nextReach?: Reach;
  portRule?: OpenedPort;
  /** The proxy that the handler on the machine goes out by; none where nothing is said. */
  proxy?: string;
  /** What others had here before our first install; a failed one leaves it as it was. */
  before?: FoundBefore;
  /** A Windows Admin Center that was installed by hand, as the agent found it; it is replaced with consent alone (54). */
  manualInstallation?: { foundAt: string; found: string };
  /** Who the services on the machine take a visitor for (C3): a virtual account by his UPN where nothing is said. */
  signIn?: SignIn;
  /** Whether a connect needs a lease beside the role; as the deployment says where nothing is said. */
  leasePolicy?: { required: boolean; setBy: Person; at: string };
  /** Somebody agreed to lose it. */
  replaceConsent?: { at: string; by: { id: string; name: string } };
  /** Since when Azure Resource Manager no longer knows the machine, ISO 8601. */
  goneSince?: string;
  /** The machine id under which the same computer is known now. */
  movedTo?: string;
  /** The machine id under which it was known before. */
  movedFrom?: string;
  endpoint?: { enabled: boolean; services: Partial<Record<ServiceName, number>> };
  /** One mutation per machine: set by ETag before an operation starts, cleared with its end. */
  currentOperation?: { id: string; kind: OperationKind };
}

/** Made by somebody else: never deleted, but for the extension and its configuration by an uninstall that names them. */
export interface FoundBefore {
  endpoint: boolean;
  /** The port in the service configuration WAC, where there was one. */
  configuredPort?: number;
  /** The extension, where there was one, with its port. */
  extension?: { port?: number };
}

interface RetiredName {
  machineName: string;
  /** ISO 8601: no session that was opened on it is open after this. */
  until: string;
}

/** `applyEvent` is its only writer. */
export interface CertificateDocument extends DocumentBase, CertificateRecord {
  type: 'certificate';
}

/** A PKCS#10 request that the agent signed with a key of its own, for one issue. */
export interface CertificateRequestDocument extends DocumentBase {
  type: 'certificate-request';
  /** The `wantedRequest` that it answers. */
  key: string;
  /** DER, base64. */
  request: string;
}

/** A fleet-wide replacement. All are in one partition of their own (`machineId` is `fleet`). */
export interface DrillDocument extends DocumentBase, Drill {
  type: 'drill';
  key: string;
  /** Those to be marked, to start it again when a crash came between this record and the start. */
  machineIds?: string[];
}

/** While a fleet-wide replacement runs there is no other. */
interface FleetLockDocument extends DocumentBase {
  type: 'fleet-lock';
  drillId: string;
}
export const fleetPartition = 'fleet';

/** An install on many machines, in a partition of its own (`machineId` is its id). */
export interface FleetInstallDocument extends DocumentBase, FleetInstall {
  type: 'fleet-install';
}

/** One of its machines, beside it: written by the install of that machine alone. */
export interface FleetMachineDocument extends DocumentBase, FleetMachine {
  type: 'fleet-machine';
  /** The machine id; `machineId` is that of the fleet install. */
  key: string;
}

/** The installs on many machines, in the partition of what concerns the fleet. */
interface FleetInstallEntryDocument extends DocumentBase {
  type: 'fleet-install-entry';
  /** Time-ordered and unique: `<ISO 8601>-<id>`. */
  key: string;
  fleetInstallId: string;
  requestedById: string;
}

/** What was asked for, by whom: the same request again finds what it began. */
interface FleetInstallClaimDocument extends DocumentBase {
  type: 'fleet-install-claim';
  /** Hash of caller and request. */
  key: string;
  fleetInstallId: string;
}

/** The agent's enrolled keys and what it last said of itself. */
export interface AgentDocument extends DocumentBase {
  type: 'agent';
  /** ES256, to check calls and reports; public JWK as JSON text. */
  signingKey: string;
  /** ECDH-ES, to seal certificates; public JWK as JSON text. */
  encryptionKey: string;
  enrolledAt: string;
  /** What it showed: the token of our install where nothing is said, or its machine's own identity (53). */
  enrolledBy?: 'token' | 'identity';
  agentVersion?: string;
  /** Highest accepted number; a report at or below it is a repetition. */
  reportSequence: number;
  lastSeenAt?: string;
  /** What the agent adds to its machine's clock, milliseconds: more than zero where that is slow. */
  clockOffsetMs?: number;
  connected?: boolean;
  servingThumbprint?: string;
  /** Services whose local port the machine itself refuses (requirements 38-42). */
  blockedServices?: ServiceName[];
  /** The machine's own policy, all its sources together: the ports are those that may be reached while it is enabled. */
  localPolicy?: { enabled: boolean; ports: number[] };
  /** What it did not reach when it last tried, `host:port` each (requirement 114). */
  egress?: { checkedAt: string; unreachable: { host: string; reason: string }[] };
  /** What it last found on its machine (requirements 109-114). */
  checks?: HostCheck[];
}

/** An enrolment token that was given to the machine: only its hash is kept. */
export interface EnrolmentDocument extends DocumentBase {
  type: 'enrolment';
  tokenHash: string;
}

export interface SessionDocument extends DocumentBase, Session {
  type: 'session';
  key: string;
}

export interface OperationDocument extends DocumentBase, Operation {
  type: 'operation';
  key: string;
  /** Input of its orchestration, to start it again when a crash came between this record and the start. */
  input: object;
}

/**
 * A session that was revoked before its end; kept until it would have ended. All are in one partition of their
 * own (`machineId` is `revocations`), so that a proxy that starts reads them in one go.
 */
interface RevocationDocument extends DocumentBase {
  type: 'revocation';
  /** The session id. */
  key: string;
  /** Unix seconds. */
  expiresAt: number;
}
export const revocationPartition = 'revocations';

/**
 * A machine that was known for this computer. They are in a partition of the computer's own (`computerPartition`), so that
 * another resource of the same computer is found without a search.
 */
interface ComputerDocument extends DocumentBase {
  type: 'computer';
  /** The machine id. */
  key: string;
}
/** By the platform's own id of the computer, `facts.vmId`. */
export const computerPartition = (vmId: string): string => `computer-${vmId.toLowerCase()}`;

/** Where a timer's look at the machines goes on. All are in one partition of their own (`machineId` is `rounds`). */
interface RoundDocument extends DocumentBase {
  type: 'round';
  /** Name of the round. */
  key: string;
  /** The machine that was looked at last. */
  after: string;
}
export const roundPartition = 'rounds';

/**
 * The certificate of a name that was given up, until it is purged. All are in one partition of their own (`machineId` is
 * `retired-certificates`), so that the timer reads them in one go.
 */
export interface RetiredCertificateDocument extends DocumentBase {
  type: 'retired-certificate';
  /** The machine name. */
  key: string;
  /** Machine id of who had the name. */
  ownerId: string;
  /** ISO 8601. */
  retiredAt: string;
}
export const retiredCertificatePartition = 'retired-certificates';

/** A lease, kept for 90 days after its end. */
export interface LeaseDocument extends DocumentBase, Lease {
  type: 'lease';
  /** Its id: those of later leases are sorted behind it. */
  key: string;
  /** Instance id of the flow that follows it, where the first one ended without a word. */
  runId?: string;
}

/** A person has one open lease for a service: written with it and removed with its end, in one batch each. */
interface LeaseClaimDocument extends DocumentBase {
  type: 'lease-claim';
  /** `<service>-<object id>` */
  key: string;
  leaseId: string;
}

/**
 * Where a lease is. Those that are open are in one partition of their own (`machineId` is `leases`), for those who look for
 * what waits for them; and all of a person in one of his own (`leasesOf`), for himself.
 */
interface LeaseEntryDocument extends DocumentBase {
  type: 'lease-entry';
  /** The lease id. */
  key: string;
  leaseMachineId: string;
  requesterId: string;
}
export const leasePartition = 'leases';
export const leasesOf = (requesterId: string): string => `leases-${requesterId.toLowerCase()}`;

export type AnyDocument =
  | MachineDocument
  | CertificateDocument
  | CertificateRequestDocument
  | DrillDocument
  | FleetLockDocument
  | FleetInstallDocument
  | FleetMachineDocument
  | FleetInstallEntryDocument
  | FleetInstallClaimDocument
  | AgentDocument
  | EnrolmentDocument
  | SessionDocument
  | OperationDocument
  | RevocationDocument
  | ComputerDocument
  | RoundDocument
  | RetiredCertificateDocument
  | LeaseDocument
  | LeaseClaimDocument
  | LeaseEntryDocument
  | AuditDocument
  | AuditHeadDocument
  | ForgottenMachineDocument;

export type DocumentType = AnyDocument['type'];
export type DocumentOf<T extends DocumentType> = Extract<AnyDocument, { type: T }>;

export const documentId = (type: DocumentType, key?: string): string =>
  key === undefined ? type : `${type}:${key}`;
export const idOf = (document: AnyDocument): string =>
  documentId(document.type, 'key' in document ? document.key : undefined);

import type { AccessPeopleReply } from '#shared/protocol/access-api.ts';
import type {
  extensionReply,
  meReply,
  OperationReply,
  precondition,
  preconditionsReply,
  sessionReply,
} from '#shared/protocol/api.ts';
import type { AuditedMachinesReply } from '#shared/protocol/audit-api.ts';
import type {
  CertificateReply,
  drillListReply,
  ForecastReply,
  revocationReason,
} from '#shared/protocol/certificate-api.ts';
import type {
  FleetInstallReply,
  FleetInstallRequest,
  FleetMachinesReply,
  FleetPlanReply,
  fleetAction,
  fleetInstallListReply,
} from '#shared/protocol/fleet-api.ts';
import type { AddressesReply, keyCustody } from '#shared/protocol/install-api.ts';

import type { LeaseReply } from '#shared/protocol/lease-api.ts';

/** What a schema of the API yields; the schemas themselves stay out of the bundle. */
type Parsed<Schema extends { parse(value: unknown): unknown }> = ReturnType<Schema['parse']>;

export type {
  ConnectReply,
  MachineReply,
  OperationReply,
  PortalConfig,
  Problem,
} from '#shared/protocol/api.ts';
export type { CertificateReply, DrillReply, ForecastReply } from '#shared/protocol/certificate-api.ts';
export type DrillList = Parsed<typeof drillListReply>;
export type RevocationReason = Parsed<typeof revocationReason>;
export type KeyCustody = Parsed<typeof keyCustody>;
export type { AddressesReply } from '#shared/protocol/install-api.ts';
export type MachineAddress = AddressesReply['value'][number];
export type FleetInstall = FleetInstallReply;
export type FleetInstallList = Parsed<typeof fleetInstallListReply>;
export type FleetMachine = FleetMachinesReply['value'][number];
export type FleetPlan = FleetPlanReply;
export type PlannedMachine = FleetPlan['machines'][number];
export type FleetAction = Parsed<typeof fleetAction>;
export type FleetSelection = FleetInstallRequest['select'];
export type FleetWishes = Pick<FleetInstallRequest, 'select' | 'install' | 'concurrency'>;
export type { MachineListReply, MachineRow } from '#shared/protocol/machine-list-api.ts';
export type Preconditions = Parsed<typeof preconditionsReply>;
export type Precondition = Parsed<typeof precondition>;
export type Extension = Parsed<typeof extensionReply>;
export type HostCheck = NonNullable<Extension['detailedStatus']['checks']>[number];
export type Compensation = NonNullable<OperationReply['compensation']>;
export type Step = OperationReply['steps'][number];
export type CertificateState = CertificateReply['state'];
export type AuthorityForecast = ForecastReply['authorities'][number];
export type WeekOfExpiries = ForecastReply['weeks'][number];
/** While it is open its user also gets a URL with a fresh ticket. */
export type Session = Parsed<typeof sessionReply> & { url?: string };

export type Me = Parsed<typeof meReply>;
export type { AccessReply, ExplainedRight, ExplainedService } from '#shared/protocol/access-api.ts';
export type PersonWithAccess = AccessPeopleReply['value'][number];
export type {
  AuditRecord,
  AuditReply as AuditPage,
  AuditVerifyReply as AuditVerdict,
} from '#shared/protocol/audit-api.ts';
export type AuditedMachine = AuditedMachinesReply['value'][number];
export type Lease = LeaseReply;
export type { LeasePolicyReply as LeasePolicy } from '#shared/protocol/lease-api.ts';
export type ServiceName = LeaseReply['service'];
export type { ListedSession } from '#shared/protocol/session-api.ts';

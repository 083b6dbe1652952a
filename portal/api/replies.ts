import type {
  extensionReply,
  MachineReply,
  machineListReply,
  OperationReply,
  precondition,
  preconditionsReply,
  sessionReply,
} from '#shared/protocol/api.ts';
import type {
  CertificateReply,
  drillListReply,
  ForecastReply,
  revocationReason,
} from '#shared/protocol/certificate-api.ts';
import type { keyCustody } from '#shared/protocol/install-api.ts';

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
export type MachineList = Parsed<typeof machineListReply>;
export type Preconditions = Parsed<typeof preconditionsReply>;
export type Precondition = Parsed<typeof precondition>;
export type Extension = Parsed<typeof extensionReply>;
export type Step = OperationReply['steps'][number];
export type CertificateState = CertificateReply['state'];
export type AuthorityForecast = ForecastReply['authorities'][number];
export type WeekOfExpiries = ForecastReply['weeks'][number];
export type Certificate = NonNullable<MachineReply['certificate']>;
/** While it is open its user also gets a URL with a fresh ticket. */
export type Session = Parsed<typeof sessionReply> & { url?: string };

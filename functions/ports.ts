import type { DeliverCertificatePorts } from '#orchestrations/deliver-certificate/activities.ts';
import type { InstallExtensionPorts } from '#orchestrations/install-extension/activities.ts';
import type { IssueCertificatePorts } from '#orchestrations/issue-certificate/activities.ts';
import type { LeasePorts } from '#orchestrations/lease/activities.ts';
import type { OpenSessionPorts } from '#orchestrations/open-session/activities.ts';
import type { ReplaceCertificatePorts } from '#orchestrations/replace-certificate/activities.ts';
import type { ReserveTurnPorts } from '#orchestrations/reserve-turn/activities.ts';
import type { TakeBackPorts } from '#orchestrations/take-back/activities.ts';
import type { UninstallExtensionPorts } from '#orchestrations/uninstall-extension/activities.ts';
import type { PreconditionPolicy } from '#shared/domain/precondition-rules.ts';
import type { MachineDirectory } from '#shared/ports/machine-directory.ts';
import type { PrincipalNames } from '#shared/ports/principal-names.ts';
import type { RoleDirectory } from '#shared/ports/role-directory.ts';
import type { SigningKey } from '#shared/ports/signing-key.ts';
import type { CallerVerifier } from './http/authorization.ts';
import type { RateLimiter } from './http/rate-limit.ts';
import type { FactsReader } from './remembered-facts.ts';
import type { MachineReader } from './remembered-machines.ts';
import type { KnownRoles } from './remembered-roles.ts';
import type { Settings } from './settings.ts';

/** Everything that handlers and activities are given; built once, in `composition.ts`. */
export interface AppPorts
  extends InstallExtensionPorts,
    IssueCertificatePorts,
    ReserveTurnPorts,
    ReplaceCertificatePorts,
    DeliverCertificatePorts,
    UninstallExtensionPorts,
    TakeBackPorts,
    OpenSessionPorts,
    LeasePorts {
  settings: Settings;
  callers: CallerVerifier;
  limits: RateLimiter;
  ticketKey: SigningKey;
  facts: FactsReader;
  machines: MachineReader;
  roles: KnownRoles;
  roleDirectory: RoleDirectory;
  principals: PrincipalNames;
  policy: PreconditionPolicy;
  directory: MachineDirectory;
  /** New record sets that the zone takes a minute. */
  recordsPerMinute: number;
}

/** Built at first use: a cold start that only answers health loads no client. */
export type PortsProvider = () => AppPorts;

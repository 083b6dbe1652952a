import type { Command } from './command.ts';
import { explainAccess, listPeople } from './commands/access.ts';
import { listAddresses } from './commands/addresses.ts';
import { listAudit, listAuditedMachines } from './commands/audit.ts';
import { exportAudit, verifyAudit } from './commands/audit-proof.ts';
import {
  renewCertificate,
  revokeCertificate,
  showCertificate,
  showForecast,
} from './commands/certificates.ts';
import { showChecks } from './commands/checks.ts';
import { printCompletion } from './commands/completion.ts';
import { connect } from './commands/connect.ts';
import { cancelDrill, listDrills, showDrill, startDrill } from './commands/drills.ts';
import { showEgress } from './commands/egress.ts';
import { createEndpoint, deleteEndpoint, deleteService, setService } from './commands/endpoint.ts';
import { cancelFleet, pauseFleet, resumeFleet } from './commands/fleet-changes.ts';
import { installFleet, planFleet } from './commands/fleet-install.ts';
import { listFleets, reportFleet, showFleet } from './commands/fleet-reports.ts';
import { install } from './commands/install.ts';
import { endLease, extendLease, listLeases, requestLease, showOneLease } from './commands/lease.ts';
import { approveLease, denyLease, leasePolicy } from './commands/lease-decisions.ts';
import { addMachine, listMachines, showMachine } from './commands/machines.ts';
import { cancelOperation, showOperation } from './commands/operation.ts';
import { listOrphans } from './commands/orphans.ts';
import { listPreconditions } from './commands/preconditions.ts';
import { repair } from './commands/repair.ts';
import { listSessions, revoke } from './commands/sessions.ts';
import { login, logout } from './commands/sign-in.ts';
import { uninstall } from './commands/uninstall.ts';
import { whoami } from './commands/whoami.ts';

export interface CommandSection {
  title: string;
  commands: readonly Command[];
}

/** Every command, in the order of the help. */
export const commandSections: readonly CommandSection[] = [
  { title: 'Sign-in', commands: [login, logout, whoami] },
  {
    title: 'Machines',
    commands: [listMachines, showMachine, addMachine, showChecks, listOrphans],
  },
  {
    title: 'Install',
    commands: [listPreconditions, listAddresses, showEgress, install, repair, uninstall],
  },
  { title: 'Connect', commands: [connect, listSessions, revoke] },
  {
    title: 'Who may',
    commands: [explainAccess, listPeople, createEndpoint, deleteEndpoint, setService, deleteService],
  },
  {
    title: 'Leases',
    commands: [
      requestLease,
      listLeases,
      showOneLease,
      approveLease,
      denyLease,
      extendLease,
      endLease,
      leasePolicy,
    ],
  },
  { title: 'Audit', commands: [listAudit, verifyAudit, exportAudit, listAuditedMachines] },
  {
    title: 'Certificates',
    commands: [
      showCertificate,
      renewCertificate,
      revokeCertificate,
      showForecast,
      startDrill,
      showDrill,
      cancelDrill,
      listDrills,
    ],
  },
  {
    title: 'Many machines',
    commands: [
      planFleet,
      installFleet,
      showFleet,
      pauseFleet,
      resumeFleet,
      cancelFleet,
      reportFleet,
      listFleets,
    ],
  },
  { title: 'Long-running requests', commands: [showOperation, cancelOperation] },
  { title: 'This program', commands: [printCompletion] },
];

export const commandTable: readonly Command[] = commandSections.flatMap(({ commands }) => commands);

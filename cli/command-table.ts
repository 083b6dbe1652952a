import type { Command } from './command.ts';
import { listAddresses } from './commands/addresses.ts';
import {
  renewCertificate,
  revokeCertificate,
  showCertificate,
  showForecast,
} from './commands/certificates.ts';
import { showChecks } from './commands/checks.ts';
import { cancelDrill, listDrills, showDrill, startDrill } from './commands/drills.ts';
import { showEgress } from './commands/egress.ts';
import { cancelFleet, pauseFleet, resumeFleet } from './commands/fleet-changes.ts';
import { installFleet, planFleet } from './commands/fleet-install.ts';
import { listFleets, reportFleet, showFleet } from './commands/fleet-reports.ts';
import { install } from './commands/install.ts';
import { addMachine, listMachines, showMachine } from './commands/machines.ts';
import { cancelOperation, showOperation } from './commands/operation.ts';
import { listOrphans } from './commands/orphans.ts';
import { listPreconditions } from './commands/preconditions.ts';
import { repair } from './commands/repair.ts';
import { connect, revokeSession } from './commands/sessions.ts';
import { uninstall } from './commands/uninstall.ts';
import { whoami } from './commands/whoami.ts';

/** Every command, in the order of the help. */
export const commandTable: readonly Command[] = [
  listMachines,
  showMachine,
  addMachine,
  listPreconditions,
  listAddresses,
  install,
  repair,
  uninstall,
  showChecks,
  connect,
  revokeSession,
  showCertificate,
  renewCertificate,
  revokeCertificate,
  showForecast,
  startDrill,
  showDrill,
  cancelDrill,
  listDrills,
  planFleet,
  installFleet,
  showFleet,
  pauseFleet,
  resumeFleet,
  cancelFleet,
  reportFleet,
  listFleets,
  showOperation,
  cancelOperation,
  showEgress,
  listOrphans,
  whoami,
];

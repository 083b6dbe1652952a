import type { Command } from './command.ts';
import {
  renewCertificate,
  revokeCertificate,
  showCertificate,
  showForecast,
} from './commands/certificates.ts';
import { cancelDrill, listDrills, showDrill, startDrill } from './commands/drills.ts';
import { showEgress } from './commands/egress.ts';
import { install, listPreconditions, uninstall } from './commands/installation.ts';
import { addMachine, listMachines, showMachine } from './commands/machines.ts';
import { cancelOperation, showOperation } from './commands/operation.ts';
import { connect, revokeSession } from './commands/sessions.ts';
import { whoami } from './commands/whoami.ts';

/** Every command, in the order of the help. */
export const commandTable: readonly Command[] = [
  listMachines,
  showMachine,
  addMachine,
  listPreconditions,
  install,
  uninstall,
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
  showOperation,
  cancelOperation,
  showEgress,
  whoami,
];

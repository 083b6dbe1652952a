import type { Command } from './command.ts';
import { install, listPreconditions, uninstall } from './commands/installation.ts';
import { addMachine, listMachines, showMachine } from './commands/machines.ts';
import { showOperation } from './commands/operation.ts';
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
  showOperation,
  whoami,
];

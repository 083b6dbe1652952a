import type { MachineDocument } from './documents.ts';

/** The names that a machine answers to: the present one, the one on its way in and those on their way out. */
export const namesOf = ({ machineName, nextName, retiredNames = [] }: MachineDocument): string[] =>
  [machineName, nextName?.machineName, ...retiredNames.map((retired) => retired.machineName)].filter(
    (name) => name !== undefined,
  );

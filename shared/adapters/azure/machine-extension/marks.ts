import type { ExtensionSettings } from '#shared/ports/resource-manager.ts';

const names = {
  port: 'admin-center-port',
  salt: 'admin-center-salt',
  controlPlane: 'admin-center-control-plane',
} as const;
const goalName = 'admin-center-goal';
const packageName = 'admin-center-package';

/** What a script is there for; the platform itself does not know. */
export type ScriptGoal = 'install' | 'remove';

/** Tags that say whose extension it is and with which settings: nothing secret, and readable in the Azure portal. */
export const marksOf = ({ port, salt, controlPlane }: ExtensionSettings): Record<string, string> => ({
  [names.port]: port,
  [names.salt]: salt,
  [names.controlPlane]: controlPlane,
});

/** `version` tells one package from another: with a new one the script runs again. */
export const markPackage = (version: string): Record<string, string> => ({ [packageName]: version });

/** Those of ours, as they are to be kept. */
export const keptMarks = (marks: Readonly<Record<string, unknown>>): Record<string, string> =>
  Object.fromEntries(
    [...Object.values(names), packageName].flatMap((name) => {
      const value = marks[name];
      return typeof value === 'string' ? [[name, value]] : [];
    }),
  );

export const markGoal = (goal: ScriptGoal): Record<string, string> => ({ [goalName]: goal });

/** The settings that the marks tell. */
export const readMarks = (marks: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(names).map(([setting, name]) => [setting, marks[name]]));

/** Undefined for what is not ours. */
export const readGoal = (marks: Readonly<Record<string, unknown>>): ScriptGoal | undefined => {
  const goal = marks[goalName];
  return goal === 'install' || goal === 'remove' ? goal : undefined;
};

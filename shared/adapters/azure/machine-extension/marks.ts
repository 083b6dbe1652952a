import type { ExtensionSettings } from '#shared/ports/resource-manager.ts';

const names = {
  port: 'admin-center-port',
  salt: 'admin-center-salt',
  controlPlane: 'admin-center-control-plane',
} as const;

/** Tags that say whose extension it is and with which settings: nothing secret, and readable in the Azure portal. */
export const marksOf = ({ port, salt, controlPlane }: ExtensionSettings): Record<string, string> => ({
  [names.port]: port,
  [names.salt]: salt,
  [names.controlPlane]: controlPlane,
});

/** The settings that the marks tell. */
export const readMarks = (tags: Readonly<Record<string, string>>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(names).map(([setting, name]) => [setting, tags[name]]));

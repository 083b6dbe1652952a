import type { Option } from './command.ts';

/** Understood by every command, before or after its words. */
export const globalOptions = {
  api: {
    value: 'URL',
    meaning: 'address of the control plane (ADMIN_CENTER_API_URL, http://localhost:7071)',
  },
  timeout: {
    value: 'SECONDS',
    meaning: 'end with 5 when it is not done by then (without it: as long as it takes)',
  },
} as const satisfies Record<string, Option>;

export const globalFlags = {
  json: 'replies as JSON, one value a line; problems as JSON on standard error',
  quiet: 'no remarks and no progress: the result, or what went wrong',
  'no-browser': 'open no browser; addresses are printed',
  help: 'what a command does and takes',
  version: 'the version of this program',
} as const satisfies Record<string, string>;

export const environmentVariables = {
  ADMIN_CENTER_API_URL: 'address of the control plane',
  ADMIN_CENTER_TOKEN: 'access token for the API, for scripts: nobody is asked to sign in',
  ADMIN_CENTER_CONFIG_DIR:
    'folder of what `login` keeps (`wacctl` in the folder that the system has for settings)',
  NO_COLOR: 'no colours',
} as const satisfies Record<string, string>;

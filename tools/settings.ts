import { readFileSync, writeFileSync } from 'node:fs';
import { environmentVariables } from '#cli/global-options.ts';
import { settingsSchema } from '#functions/settings.ts';
import { proxySettingsSchema } from '#proxy/config.ts';
import { type Program, settingsPage } from './settings/page.ts';
import { readSettingsOf } from './settings/read-settings.ts';

const sourceOf = (path: string): string => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');

const programs = (): Program[] => [
  {
    title: 'Control plane',
    about:
      'Application settings of the Functions app, beside those of the host itself: `AzureWebJobsStorage`,\n`FUNCTIONS_WORKER_RUNTIME` and `AdminCenterServiceBus__fullyQualifiedNamespace`, the namespace for its triggers.',
    settings: readSettingsOf(settingsSchema, sourceOf('functions/settings.ts')),
  },
  {
    title: 'Proxy',
    about: 'Environment of each replica.',
    settings: readSettingsOf(proxySettingsSchema, sourceOf('proxy/config.ts')),
  },
  {
    title: 'Agent',
    about: 'Environment of the agent on a machine; its other settings are in its file, see agent/README.md.',
    settings: [
      {
        name: 'ADMIN_CENTER_ROOT',
        meaning: 'Folder below which it looks for the Arc agent of the machine.',
        fallback: '/',
      },
      {
        name: 'ADMIN_CENTER_DATA',
        meaning: 'Its data directory: set by it, for the program that makes accounts of visitors.',
        fallback: '',
      },
    ],
  },
  {
    title: 'Command line',
    about: 'Environment of `wacctl`; options win.',
    settings: Object.entries(environmentVariables).map(([name, meaning]) => ({
      name,
      meaning: `${meaning[0]?.toUpperCase()}${meaning.slice(1)}.`,
      fallback: '',
    })),
  },
  {
    title: 'Every program',
    about: 'For a deployment on one computer, and for logs.',
    settings: [
      {
        name: 'ADMIN_CENTER_LOCAL_CA_FILE',
        meaning: 'PEM file of a certificate authority to trust beside the usual ones: that of a local run.',
        fallback: '',
      },
      {
        name: 'ADMIN_CENTER_ENVIRONMENT',
        meaning: 'Name of the deployment. A stand-in refuses to run where it is `production`.',
        fallback: '',
      },
    ],
  },
];

/** What `docs/settings.md` has to be now; nothing is written. */
export const generateSettings = (): string => settingsPage(programs());

if (import.meta.main) {
  writeFileSync(new URL('../docs/settings.md', import.meta.url), generateSettings());
  console.log(`docs/settings.md: ${programs().flatMap(({ settings }) => settings).length} settings`);
}

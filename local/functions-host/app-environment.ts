import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The `Values` of local.settings.json, which a developer keeps beside host.json; none when there is no file. */
export function readLocalSettings(appDirectory: string): Record<string, string> {
  const file = join(appDirectory, 'local.settings.json');
  if (!existsSync(file)) return {};
  const { IsEncrypted, Values = {} } = JSON.parse(readFileSync(file, 'utf8')) as {
    IsEncrypted?: boolean;
    Values?: Record<string, unknown>;
  };
  if (IsEncrypted) throw new Error(`${file} is encrypted: only Core Tools can read it`);
  const values: Record<string, string> = {};
  for (const [name, value] of Object.entries(Values)) {
    if (typeof value !== 'string') throw new Error(`${file}: the value of ${name} is not a text`);
    values[name] = value;
  }
  return values;
}

/** The environment of the app process: the host's own, then what Core Tools sets for a local app. */
export function appEnvironment(
  env: NodeJS.ProcessEnv,
  appDirectory: string,
  port: number,
): NodeJS.ProcessEnv {
  const noProxy = env['NO_PROXY'] ?? env['no_proxy'];
  return {
    AzureWebJobsDisableHomepage: 'true',
    ...env,
    FUNCTIONS_WORKER_RUNTIME: 'node',
    AZURE_FUNCTIONS_ENVIRONMENT: 'Development',
    // Without this name the durable client points every URL at localhost:7071.
    WEBSITE_HOSTNAME: `localhost:${port}`,
    AzureWebJobsScriptRoot: appDirectory,
    // The durable client honours HTTP_PROXY, and would send its calls to the host through it.
    NO_PROXY: [noProxy, '127.0.0.1', 'localhost', '.localhost'].filter(Boolean).join(','),
  };
}

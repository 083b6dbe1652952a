import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

interface LocalSettingsFile {
  IsEncrypted?: boolean;
  Values?: Record<string, unknown>;
  ConnectionStrings?: Record<string, unknown>;
  Host?: { LocalHttpPort?: unknown; CORS?: unknown };
}

function readSettingsFile(appDirectory: string): { file: string; content: LocalSettingsFile } {
  const file = join(appDirectory, 'local.settings.json');
  if (!existsSync(file)) return { file, content: {} };
  try {
    return { file, content: JSON.parse(readFileSync(file, 'utf8')) as LocalSettingsFile };
  } catch (error) {
    throw new Error(`${file} is not JSON: ${error instanceof Error ? error.message : error}`, {
      cause: error,
    });
  }
}

/** `Host.LocalHttpPort` of local.settings.json, or undefined. */
export function localHttpPort(appDirectory: string): number | undefined {
  const { file, content } = readSettingsFile(appDirectory);
  const port = content.Host?.LocalHttpPort;
  if (port === undefined) return undefined;
  if (typeof port !== 'number' || !Number.isInteger(port) || port < 0 || port > 65_535)
    throw new Error(`${file}: Host.LocalHttpPort must be a port`);
  return port;
}

/**
 * The `Values` of local.settings.json, which a developer keeps beside host.json, and its `ConnectionStrings` under
 * the names that the configuration of .NET reads them by; none when there is no file.
 */
export function readLocalSettings(appDirectory: string): Record<string, string> {
  const { file, content } = readSettingsFile(appDirectory);
  const { IsEncrypted, Values = {}, ConnectionStrings = {}, Host } = content;
  if (Host?.CORS !== undefined)
    throw new Error(`${file}: Host.CORS is not served; let the app answer for CORS`);
  if (IsEncrypted) throw new Error(`${file} is encrypted: only Core Tools can read it`);
  const values: Record<string, string> = {};
  for (const [name, value] of Object.entries(Values)) {
    if (typeof value !== 'string') throw new Error(`${file}: the value of ${name} is not a text`);
    values[name] = value;
  }
  for (const [name, value] of Object.entries(ConnectionStrings)) {
    if (typeof value !== 'string') throw new Error(`${file}: the connection string ${name} is not a text`);
    values[`ConnectionStrings__${name}`] = value;
  }
  return values;
}

/** The environment of the app process: the host's own, then what Core Tools sets for a local app. */
export function appEnvironment(
  env: NodeJS.ProcessEnv,
  appDirectory: string,
  port: number,
): NodeJS.ProcessEnv {
  const runtime = env['FUNCTIONS_WORKER_RUNTIME'] ?? 'node';
  if (runtime !== 'node')
    throw new Error(`FUNCTIONS_WORKER_RUNTIME is '${runtime}': this host runs 'node' alone`);
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

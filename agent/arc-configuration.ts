import { posix, win32 } from 'node:path';
import type { ArcConfiguration, Reading } from './host-checks.ts';
import { type RunTool, reasonOf } from './run-tool.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** As for `install.sh`: everything of the system below another folder. */
const rootOf = (environment: Environment): string => environment['ADMIN_CENTER_ROOT'] || '/';

/** The Arc agent's own program. */
export const arcProgram = (system: NodeJS.Platform, environment: Environment): string =>
  system === 'win32'
    ? win32.join(
        environment['ProgramFiles'] ?? String.raw`C:\Program Files`,
        'AzureConnectedMachineAgent',
        'azcmagent.exe',
      )
    : posix.join(rootOf(environment), 'opt/azcmagent/bin/azcmagent');

/**
 * Where the Arc agent keeps its configuration. What is in its files is not documented, only where they are: that one of
 * them was written says that the program is to be asked again.
 */
export const arcFolder = (system: NodeJS.Platform, environment: Environment): string =>
  system === 'win32'
    ? win32.join(
        environment['ProgramData'] ?? String.raw`C:\ProgramData`,
        'AzureConnectedMachineAgent',
        'Config',
      )
    : posix.join(rootOf(environment), 'var/opt/azcmagent');

/** The first line of `azcmagent config list` (requirement 113; C5 names the command). */
const heading = /^local configuration settings?\b/im;

/** The value behind the colon; a setting in preview has `(preview)` between. */
function valueOf(text: string, setting: string): string | undefined {
  const line = new RegExp(
    String.raw`^[ \t]*${setting.replace('.', String.raw`\.`)}[^:\r\n]*:([^\r\n]*)`,
    'im',
  );
  return line.exec(text)?.[1]?.trim();
}

/** `443`, `22,443`, `[22 443]` and `["22", "443"]` are lists; undefined for anything else. */
function parsePorts(value: string): number[] | undefined {
  const pieces = value.split(/[\s,[\]"]+/).filter((piece) => piece !== '');
  const ports = pieces.map((piece) => (/^\d{1,5}$/.test(piece) ? Number(piece) : 0));
  return ports.every((port) => port >= 1 && port <= 65_535) ? ports : undefined;
}

/** Undefined when it is not what `azcmagent config list` prints. A setting that is not listed has its default. */
export function parseArcConfiguration(text: string): ArcConfiguration | undefined {
  const enabled = valueOf(text, 'incomingconnections.enabled') ?? 'true';
  const ports = parsePorts(valueOf(text, 'incomingconnections.ports') ?? '');
  if (!heading.test(text) || !ports || !/^(true|false)$/i.test(enabled)) return undefined;
  return { enabled: enabled.toLowerCase() === 'true', ports };
}

/** The lines that requirement 113 expects. */
export const arcLines = (ports: readonly number[]): string =>
  `Local configuration setting\nincomingconnections.ports (preview): ${ports.join(',')}`;

/** Setting the list replaces it: the ports that are there stay (requirement 42). */
export const addPortCommand = (ports: readonly number[], port: number): string =>
  `azcmagent config set incomingconnections.ports ${[...new Set([...ports, port])].join(',')}`;

/** `file` is the program itself. */
export async function readArcConfiguration(
  run: RunTool,
  file: string,
): Promise<Reading<ArcConfiguration | undefined>> {
  const output = await run(file, ['config', 'list']);
  if ('failure' in output && output.failure === 'missing') return { known: undefined };
  const parsed = 'exitCode' in output && output.exitCode === 0 && parseArcConfiguration(output.stdout);
  return parsed ? { known: parsed } : { unknown: reasonOf('azcmagent', output) };
}

import { open, readdir, stat } from 'node:fs/promises';
import { arch, platform, release, version as systemVersion } from 'node:os';
import { join } from 'node:path';
import { strToU8, zipSync } from 'fflate';
import { machineIdOf } from '#shared/domain/machine-name.ts';
import { createRedaction, type Redaction } from '#shared/runtime/redaction.ts';
import { collectArcLogs } from './azcmagent-logs.ts';
import { checkMachine, tryOutbound } from './check-command.ts';
import { writeChecks } from './check-page.ts';
import { readIfPresent } from './durable-file.ts';
import { readLastEnrolment } from './enrolment.ts';
import type { HostChecks } from './host-checks.ts';
import { readRecentEvents } from './recent-events.ts';
import type { RunTool } from './run-tool.ts';
import type { AgentSettings } from './settings.ts';
import { agentVersion } from './version.ts';

export interface BundleOptions {
  settings: AgentSettings;
  host: HostChecks;
  run: RunTool;
  /** The Arc agent's own program, when its logs are asked for. */
  arcProgram?: string;
  /** Names of people stay. */
  keepsUsers: boolean;
  /** Where to write; never over a file that is there. */
  out?: string;
  now: Date;
}

export interface Bundle {
  file: string;
  bytes: number;
  names: string[];
  /** One sentence each. */
  leftOut: string[];
}

const neverIn = [
  'private keys, certificates and sessions: never read',
  'network traces: never made; one that you make may hold data and passwords of customers, so redact it first',
];

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What has the name of a secret goes where the text can be taken apart; else what looks like one does. */
function redactJson(text: string, redaction: Redaction, space?: number): string {
  const value = parseJson(text);
  return value === undefined ? redaction.text(text) : JSON.stringify(redaction.value(value), null, space);
}

/** Names and sizes of what the agent keeps, without anything of what is in it. */
async function listFiles(dataDirectory: string): Promise<string> {
  const names = await readdir(dataDirectory, { recursive: true }).catch(() => []);
  const lines = names
    .toSorted((left, right) => left.localeCompare(right))
    .map(async (name) => {
      const found = await stat(join(dataDirectory, name)).catch(() => undefined);
      return found?.isFile()
        ? `${String(found.size).padStart(10)}  ${found.mtime.toISOString()}  ${name}\n`
        : '';
    });
  return (await Promise.all(lines)).join('');
}

async function gather(options: BundleOptions, redaction: Redaction): Promise<Map<string, string>> {
  const { settings, host } = options;
  const { dataDirectory } = settings;
  const outbound = await tryOutbound(settings);
  const checks = await checkMachine(settings, host, async () => outbound);
  const files = new Map<string, string>();
  const json = (name: string, value: unknown) =>
    files.set(name, `${JSON.stringify(redaction.value(value), null, 2)}\n`);
  json('versions.json', {
    agent: agentVersion,
    node: process.version,
    system: { platform: platform(), release: release(), version: systemVersion(), architecture: arch() },
    writtenAt: options.now.toISOString(),
  });
  json('settings.json', settings);
  json('checks.json', checks);
  files.set('checks.txt', redaction.text(writeChecks(checks)));
  json('egress.json', outbound);
  const last = await readLastEnrolment(dataDirectory);
  json('enrolment.json', last ? { ...last, tokenHash: undefined } : null);
  for (const name of ['desired-state.json', 'local-policy.json', 'taken-over.json']) {
    const text = await readIfPresent(join(dataDirectory, name)).catch(() => undefined);
    if (text !== undefined) files.set(name, `${redactJson(text, redaction, 2)}\n`);
  }
  const events = readRecentEvents(dataDirectory).map((line) => redactJson(line, redaction));
  files.set('events.jsonl', events.map((line) => `${line}\n`).join(''));
  files.set('files.txt', redaction.text(await listFiles(dataDirectory)));
  return files;
}

const readMe = (names: readonly string[], leftOut: readonly string[]): string => `Support bundle of the agent

In it:
${names.map((name) => `  ${name}\n`).join('')}
Left out:
${leftOut.map((line) => `  ${line}\n`).join('')}
Look through it before you share it. The detailed status of the extension is in the portal and in
\`GET /api/machines/{id}/extension\`: send that too.
`;

async function writeNew(file: string, content: Uint8Array): Promise<void> {
  const handle = await open(file, 'wx', 0o600);
  try {
    await handle.writeFile(content);
  } finally {
    await handle.close();
  }
}

/** Requirements 120 and 121: writes what support needs into one archive, redacted, and says what is not in it. */
export async function writeBundle(options: BundleOptions): Promise<Bundle> {
  const { settings, arcProgram, keepsUsers, now } = options;
  const stamp = now.toISOString().replaceAll(/[-:]|\.\d+/g, '');
  const file = options.out ?? `admin-center-${machineIdOf(settings.resourceId).slice(0, 8)}-${stamp}.zip`;
  const redaction = createRedaction({ keepsUsers });
  const texts = await gather(options, redaction);
  const files: Record<string, Uint8Array> = {};
  for (const [name, text] of texts) files[name] = strToU8(text);
  const leftOut = [...neverIn];
  if (arcProgram === undefined)
    leftOut.push('azcmagent logs: not asked for; --azcmagent adds them, redacted');
  else {
    const arc = await collectArcLogs(options.run, arcProgram, redaction);
    for (const [name, bytes] of arc.files) files[`azcmagent/${name}`] = bytes;
    leftOut.push(...arc.leftOut);
  }
  for (const [kind, count] of redaction.counts()) leftOut.push(`${kind}: replaced ${count} times`);
  const names = Object.keys(files);
  const zip = zipSync({ 'README.txt': strToU8(readMe(names, leftOut)), ...files }, { mtime: now });
  await writeNew(file, zip);
  return { file, bytes: zip.length, names, leftOut };
}

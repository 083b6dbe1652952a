import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createDraw } from '#local/kit/faults.ts';
import { trustedTls } from '../entra/tenant.ts';
import { groupId, machineId, seed, subscriptionId, tenantId, versions, zone } from './cloud.ts';
import type { ResourceManagerProcessOptions } from './resource-manager-process.ts';

const reader = 'acdd72a7-3385-48ef-bd42-f606fba81ae7';
const sets = `${groupId}/providers/Microsoft.Network/dnszones/${zone}`;
const extensions = `${machineId}/extensions`;
const addresses = `${groupId}/providers/Microsoft.Network/publicIPAddresses`;
const assignments = `${machineId}/providers/Microsoft.Authorization/roleAssignments`;
const network = '2024-05-01';

interface Shown {
  id: string;
  name: string;
  etag?: string;
  properties: Record<string, unknown>;
}

/** What was acknowledged: a resource's id and, where it matters, what it should say. */
interface Acknowledged {
  ids: Map<string, string>;
  /** The counter that one writer raises under its ETag; `sent` may or may not have arrived. */
  counter: { acknowledged: number; sent: number };
  operations: string[];
  /** Answers that were neither an acknowledgement nor silence. */
  refusals: string[];
}

const clientOf =
  (port: number) =>
  async (method: string, path: string, version: string, body?: unknown, headers = {}) => {
    const reply = await fetch(`https://arm.localhost:${port}${path}?api-version=${version}`, {
      method,
      headers: { authorization: 'Bearer any', 'content-type': 'application/json', ...headers },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await reply.text();
    return { status: reply.status, headers: reply.headers, body: JSON.parse(text || '{}') as unknown };
  };
type Client = ReturnType<typeof clientOf>;

const guid = (round: number, turn: number, kind: number) =>
  `00000000-0000-4000-8${kind}00-${String(round * 100_000 + turn).padStart(12, '0')}`;
const txt = (value: string) => ({ properties: { TTL: 60, TXTRecords: [{ value: [value] }] } });

/** Five writers at once until the process is gone. */
async function write(arm: Client, round: number, acknowledged: Acknowledged): Promise<void> {
  const { ids, counter, operations } = acknowledged;
  const untilGone = async (work: (turn: number) => Promise<void>) => {
    for (let turn = 0; ; turn += 1)
      try {
        await work(turn);
      } catch {
        return;
      }
  };
  const put = async (path: string, version: string, body: unknown, headers = {}) => {
    const reply = await arm('PUT', path, version, body, headers);
    if (reply.status >= 300)
      return void acknowledged.refusals.push(`${path}: ${reply.status} ${JSON.stringify(reply.body)}`);
    ids.set(path.toLowerCase(), version);
    const operation = reply.headers.get('azure-asyncoperation');
    if (operation) operations.push(new URL(operation).pathname);
  };
  await Promise.all([
    untilGone((turn) =>
      put(`${sets}/TXT/r${round}-${turn}`, versions.dns, txt('x'), { 'If-None-Match': '*' }),
    ),
    untilGone((turn) =>
      put(`${addresses}/p${round}-${turn}`, network, { location: 'westeurope', properties: {} }),
    ),
    untilGone((turn) =>
      put(`${extensions}/e${round}-${turn}`, versions.machines, {
        location: 'westeurope',
        properties: { publisher: 'p', type: 't' },
      }),
    ),
    untilGone((turn) =>
      put(`${assignments}/${guid(round, turn, 0)}`, versions.authorization, {
        properties: { roleDefinitionId: reader, principalId: guid(round, turn, 1) },
      }),
    ),
    untilGone(async () => {
      const { status, body } = await arm('GET', `${sets}/TXT/counter`, versions.dns);
      const { etag } = body as Shown;
      const value = counter.acknowledged + 1;
      const condition = status === 404 ? { 'If-None-Match': '*' } : { 'If-Match': etag };
      counter.sent = value;
      const reply = await arm('PUT', `${sets}/TXT/counter`, versions.dns, txt(String(value)), condition);
      if (reply.status < 300) counter.acknowledged = value;
    }),
  ]);
}

async function listAll(arm: Client, path: string, version: string): Promise<Shown[]> {
  const found: Shown[] = [];
  let query = '';
  do {
    const { body } = await arm('GET', `${path}`, `${version}&$top=500${query}`);
    const { value, nextLink } = body as { value: Shown[]; nextLink?: string };
    found.push(...value);
    const token = nextLink && new URL(nextLink).searchParams.get('$skipToken');
    query = token ? `&$skipToken=${token}` : '';
  } while (query);
  return found;
}

/** Sentences about what is lost, double or half; none when all is well. */
async function complaints(arm: Client, acknowledged: Acknowledged): Promise<string[]> {
  const found: string[] = acknowledged.refusals.slice(0, 5);
  await sleep(50);
  const txtSets = await listAll(arm, `${sets}/TXT`, versions.dns);
  const machineExtensions = await listAll(arm, extensions, versions.machines);
  const publicAddresses = await listAll(arm, addresses, network);
  const roles = await listAll(arm, assignments, versions.authorization);
  const all = [...txtSets, ...machineExtensions, ...publicAddresses, ...roles];
  const present = new Set(all.map(({ id }) => id.toLowerCase()));
  if (present.size !== all.length) found.push('a resource is listed twice');
  for (const id of acknowledged.ids.keys()) if (!present.has(id)) found.push(`${id} is lost`);

  const { acknowledged: atLeast, sent } = acknowledged.counter;
  const records = txtSets.find(({ name }) => name === 'counter')?.properties['TXTRecords'];
  const value = Number((records as { value: string[] }[] | undefined)?.[0]?.value[0] ?? 0);
  if (value !== atLeast && value !== sent) found.push(`the counter is ${value}, not ${atLeast} or ${sent}`);

  const { body } = await arm('GET', sets, versions.dns);
  const apexSets = 2;
  const counted = Number((body as Shown).properties['numberOfRecordSets']);
  if (counted !== txtSets.length + apexSets)
    found.push(`the name server sees ${counted} record sets, the list has ${txtSets.length + apexSets}`);
  for (const { id, properties } of publicAddresses)
    if (properties['provisioningState'] !== 'Succeeded')
      found.push(`${id} stayed ${String(properties['provisioningState'])}`);
  const principals = roles.map(({ properties }) => properties['principalId']);
  if (new Set(principals).size !== principals.length) found.push('a role is assigned twice');
  for (const path of acknowledged.operations.slice(-50))
    if ((await arm('GET', path, network)).status !== 200) found.push(`the operation ${path} is lost`);
  return found;
}

/** Kills a resource manager at points drawn from the seed while it is written to; says what it acknowledged and has not. */
export async function killRepeatedly(
  kills: number,
  drawSeed: number,
): Promise<{ writes: number; found: string[] }> {
  const identity = await trustedTls('arm.localhost');
  const folder = mkdtempSync(join(tmpdir(), 'killed-resource-manager-'));
  let port = 0;
  const start = async (): Promise<ChildProcess> => {
    const child = fork(new URL('./resource-manager-process.ts', import.meta.url), { execArgv: [] });
    const file = join(folder, 'arm.sqlite');
    child.send({
      file,
      port,
      tls: identity,
      tenantId,
      subscriptionId,
      seed,
    } satisfies ResourceManagerProcessOptions);
    [port] = (await once(child, 'message')) as [number];
    return child;
  };
  const kill = async (child: ChildProcess): Promise<void> => {
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  };
  const draw = createDraw(drawSeed);
  const acknowledged: Acknowledged = {
    ids: new Map(),
    counter: { acknowledged: 0, sent: 0 },
    operations: [],
    refusals: [],
  };
  let child = await start();
  try {
    for (let round = 0; round < kills; round += 1) {
      const writing = write(clientOf(port), round, acknowledged);
      await sleep(60 + draw() * 200);
      await kill(child);
      await writing;
      child = await start();
      const { body } = await clientOf(port)('GET', `${sets}/TXT/counter`, versions.dns);
      const records = (body as Partial<Shown>).properties?.['TXTRecords'] as
        | { value: string[] }[]
        | undefined;
      const value = Number(records?.[0]?.value[0] ?? 0);
      const { counter } = acknowledged;
      if (value !== counter.acknowledged && value !== counter.sent)
        return {
          writes: acknowledged.ids.size,
          found: [`after kill ${round + 1} the counter is ${value}, not ${counter.acknowledged}`],
        };
      counter.acknowledged = value;
    }
    const found = await complaints(clientOf(port), acknowledged);
    return { writes: acknowledged.ids.size + acknowledged.counter.acknowledged, found };
  } finally {
    await kill(child);
    rmSync(folder, { recursive: true });
  }
}

import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { createDraw } from '#local/kit/faults.ts';
import { createHostFolder, type HostProcess, post, untilStatus } from './host-process.ts';

/** What clients were told is done, by instance id. */
interface Acknowledged {
  /** The flow that was started. */
  started: Map<string, keyof typeof flows>;
  /** Instances whose event was taken. */
  raised: Set<string>;
}

/** Flows of the fixture: inputs and what comes out of them; `waits` ends by its event. */
const flows = {
  steps: { input: { ms: 1 }, output: [10, 20, 30, 40] },
  fanOut: { input: {}, output: [10, 20, 30] },
  counts: { input: { n: 1 }, output: { n: 3 } },
  waits: { input: {}, output: { by: 'load' } },
} as const;
const flowNames = Object.keys(flows) as (keyof typeof flows)[];

/** The longest time between the host's readiness and its end. */
const longestLifeMs = 400;
const clients = 4;

async function load(host: HostProcess, life: number, draw: () => number, told: Acknowledged): Promise<void> {
  const client = async (number: number) => {
    for (let count = 0; ; count += 1) {
      const id = `l${life}-${number}-${count}`;
      const name = flowNames[Math.floor(draw() * flowNames.length)] ?? 'steps';
      const started = await post(`${host.origin}/start/${name}/${id}`, flows[name].input);
      if (started.status !== 202) continue;
      told.started.set(id, name);
      if (name !== 'waits') continue;
      const event = { name: 'approval', data: flows.waits.output };
      const raised = await post(`${host.origin}/control/raise/${id}`, event);
      if (raised.status === 202) told.raised.add(id);
    }
  };
  // A client ends with the connection that the kill cuts off.
  await Promise.allSettled(Array.from({ length: clients }, (_, number) => client(number)));
}

/** What is wrong with one stored instance; nothing may be there twice or by half. */
function* faultsOf(database: DatabaseSync, id: string, status: string): Generator<string> {
  const rows = database.prepare(
    'SELECT position, event FROM durable_history WHERE instance_id = ? ORDER BY position',
  );
  const events = rows.all(id).map((row) => JSON.parse(String(row['event'])) as Record<string, unknown>);
  const times = (type: number) => events.filter((event) => event['EventType'] === type).length;
  if (times(0) !== 1) yield `${id}: started ${times(0)} times`;
  if (status !== 'Running' && times(1) !== 1) yield `${id}: completed ${times(1)} times`;
  if (times(12) !== times(13)) yield `${id}: ${times(12)} episodes begun, ${times(13)} ended`;
  const ended = events.flatMap((event) => event['TaskScheduledId'] ?? event['TimerId'] ?? []);
  if (new Set(ended).size !== ended.length) yield `${id}: a result is there twice`;
  const begun = new Set(events.map((event) => event['EventId']).filter((number) => Number(number) >= 0));
  for (const number of ended)
    if (!begun.has(number)) yield `${id}: a result of ${JSON.stringify(number)}, never scheduled`;
}

function inspect(file: string, told: Acknowledged): string[] {
  const database = new DatabaseSync(file, { readOnly: true });
  try {
    const [check] = database.prepare('PRAGMA integrity_check').all();
    const faults = check?.['integrity_check'] === 'ok' ? [] : [`the file: ${JSON.stringify(check)}`];
    const instances = database.prepare('SELECT id, status FROM durable_instance').all();
    const running = new Set<string>();
    for (const { id, status } of instances) {
      if (status === 'Running') running.add(String(id));
      // A wait whose event nobody acknowledged may go on; all else has ended, acknowledged or not.
      const mayRun = told.started.get(String(id)) !== 'waits' || !told.raised.has(String(id));
      if (status !== 'Completed' && !(status === 'Running' && mayRun))
        faults.push(`${String(id)} is ${String(status)}`);
      faults.push(...faultsOf(database, String(id), String(status)));
    }
    for (const table of ['durable_activity', 'durable_message', 'durable_timer'])
      for (const row of database.prepare(`SELECT instance_id FROM ${table}`).all())
        if (!running.has(String(row['instance_id'])))
          faults.push(`${table} still has ${String(row['instance_id'])}`);
    return faults;
  } finally {
    database.close();
  }
}

export interface KillReport {
  kills: number;
  acknowledged: number;
  /** Empty when everything acknowledged is there, nothing twice and nothing by half. */
  faults: string[];
}

/** Ends the host by SIGKILL at random points while clients write, and looks at what is there afterwards. */
export async function killUnderLoad(kills: number, seed: number): Promise<KillReport> {
  const folder = createHostFolder();
  const draw = createDraw(seed);
  const told: Acknowledged = { started: new Map(), raised: new Set() };
  const faults: string[] = [];
  try {
    for (let life = 0; life < kills; life += 1) {
      const host = await folder.start();
      const writing = load(host, life, draw, told);
      await sleep(draw() * longestLifeMs);
      await host.kill('SIGKILL');
      await writing;
    }
    const last = await folder.start();
    for (const [id, name] of told.started) {
      if (name === 'waits' && !told.raised.has(id)) continue;
      const { output } = await untilStatus(last.origin, id);
      if (JSON.stringify(output) !== JSON.stringify(flows[name].output))
        faults.push(`${id}: ${JSON.stringify(output)}`);
    }
    await untilQuiet(last);
    await last.kill('SIGTERM');
    faults.push(...inspect(folder.stateFile, told));
    return { kills, acknowledged: told.started.size + told.raised.size, faults };
  } finally {
    await folder.remove();
  }
}

/** Waits for instances that nobody was told of: only waits without an event go on. */
async function untilQuiet({ origin, masterKey }: HostProcess): Promise<void> {
  const list = `${origin}/runtime/webhooks/durabletask/instances/?top=100000&runtimeStatus=Running,Pending`;
  for (;;) {
    const response = await fetch(list, { headers: { 'x-functions-key': masterKey } });
    const live = (await response.json()) as { name: string }[];
    if (live.every(({ name }) => name === 'waits')) return;
    await sleep(20);
  }
}

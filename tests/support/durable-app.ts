import type { DurableClient } from 'durable-functions';
import { beginOperation } from '#functions/begin-operation.ts';
import { registerDurable } from '#functions/durable.ts';
import { createInProcessHost, type InProcessHost } from '#local/functions-host/in-process-host.ts';
import { createManualClock, type ManualClock } from '#local/kit/clock.ts';
import { openStore } from '#local/kit/store.ts';
import type { OperationDocument } from '#shared/domain/documents.ts';
import type { OperationKind } from '#shared/domain/operation.ts';
import { createMemoryPorts, type MemoryPorts } from './memory-ports.ts';
import { addMachine, administrator, machineId, reportServing } from './sample-machine.ts';

export const startMs = Date.UTC(2026, 9, 1, 12);

export interface DurableApp extends MemoryPorts {
  clock: ManualClock;
  host: InProcessHost;
  client: DurableClient;
  /** Names of the activities in the order in which they began. */
  activities: string[];
  /** Places in `activities` of the runs that threw. */
  refused: Set<number>;
  /** Takes the machine's lock and starts the flow, as the HTTP API does. */
  begin(kind: OperationKind, input: object): Promise<string>;
  /** The same, to its end. */
  run(kind: OperationKind, input: object): Promise<OperationDocument>;
  operation(id: string): Promise<OperationDocument>;
  /** All that the engine has on disk, as one text. */
  durableText(): string;
  close(): Promise<void>;
}

/** The part of the SDK's client that handlers use, on the engine of this process. */
function clientOf(host: InProcessHost): DurableClient {
  const client: Pick<DurableClient, 'startNew' | 'getStatus' | 'raiseEvent'> = {
    startNew: (name, options) => host.start(name, options),
    async getStatus(instanceId) {
      const status = host.status(instanceId);
      if (!status) throw new Error(`404: no instance ${instanceId}`);
      return status as unknown as Awaited<ReturnType<DurableClient['getStatus']>>;
    },
    raiseEvent: (instanceId, name, data) => host.raiseEvent(instanceId, name, data),
  };
  return client as DurableClient;
}

/** The app's flows on the embedded engine, with one machine whose agent serves whatever it is given. */
export async function openDurableApp(): Promise<DurableApp> {
  const clock = createManualClock(startMs);
  const memory = createMemoryPorts(clock);
  await addMachine(memory);
  memory.extension.machine.onInstall = () => reportServing(memory);
  const activities: string[] = [];
  const refused = new Set<number>();
  const store = openStore(':memory:');
  const host = await createInProcessHost({
    store,
    register: () => registerDurable(() => memory.ports),
    clock,
    autoAdvance: true,
    async interceptActivity(name, _input, next) {
      const place = activities.push(name) - 1;
      try {
        return await next();
      } catch (error) {
        refused.add(place);
        throw error;
      }
    },
  });
  const client = clientOf(host);

  async function operation(id: string): Promise<OperationDocument> {
    const found = await memory.store.read(machineId, 'operation', id);
    if (!found) throw new Error(`no operation ${id}`);
    return found.document;
  }
  async function begin(kind: OperationKind, input: object): Promise<string> {
    const machine = await memory.store.read(machineId, 'machine');
    if (!machine) throw new Error('no machine');
    const begun = await beginOperation(memory.ports, client, {
      machine,
      kind,
      input,
      requestedBy: administrator,
    });
    return begun.id;
  }
  return {
    ...memory,
    clock,
    host,
    client,
    activities,
    refused,
    begin,
    operation,
    durableText() {
      const tables = store.prepare("SELECT name FROM sqlite_master WHERE name LIKE 'durable%'").all();
      const rows = tables
        .filter(({ name }) => !String(name).includes('_by_'))
        .map(({ name }) => store.prepare(`SELECT * FROM ${String(name)}`).all());
      return JSON.stringify(rows);
    },
    async run(kind, input) {
      const id = await begin(kind, input);
      // Half an hour of patience takes hundreds of looks: on a busy machine that is seconds.
      await host.waitForCompletion(id, { timeoutMs: 60_000 });
      return operation(id);
    },
    async close() {
      await host.close();
      store.close();
    },
  };
}

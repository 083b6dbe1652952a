import type { MachineSummary } from '#shared/domain/machine-summary.ts';
import type { MachineStore } from '#shared/ports/machine-store.ts';

/** Whoever types or pages asks several times: within this one reading serves them all. */
const freshMs = 3_000;

export interface KnownMachine extends MachineSummary {
  /** What is searched, in lower case. */
  text: string;
}

interface KnownMachines {
  /** Milliseconds since the epoch; nothing that was written before is missing. */
  readAt: number;
  /** By name, those of one name by id. */
  machines: readonly KnownMachine[];
}

/** All machines with what a list shows of them, whoever may see them. */
export interface MachineReader {
  /** What was read in the last seconds, else reads now; calls that come together share one reading. */
  recent(): Promise<KnownMachines>;
  /** What is read from now on: nothing that was written before this call is missing. */
  current(): Promise<KnownMachines>;
  /** Somebody has changed something: whoever asks next reads anew. */
  forget(): void;
}

const order = new Intl.Collator('en', { numeric: true });

/** One order for all pages of a list: `web-2` before `web-10`, and no two machines alike. */
export const compareByName = (
  one: { displayName: string; machineId: string },
  other: { displayName: string; machineId: string },
): number =>
  order.compare(one.displayName, other.displayName) ||
  (one.machineId < other.machineId ? -1 : Number(one.machineId > other.machineId));

const textOf = ({ machine: { displayName, resourceId, facts } }: MachineSummary): string =>
  `${displayName} ${resourceId} ${facts?.osName ?? ''}`.toLowerCase();

/** Remembers for some seconds what the machines' survey said. */
export function rememberMachines(
  store: Pick<MachineStore, 'surveyMachines'>,
  now: () => number,
): MachineReader {
  let known: { readAt: number; reading: Promise<KnownMachines> } | undefined;
  let running: Promise<unknown> | undefined;
  let following: Promise<KnownMachines> | undefined;

  async function survey(readAt: number): Promise<KnownMachines> {
    const found = await store.surveyMachines();
    const machines = found
      .map((summary): KnownMachine => ({ ...summary, text: textOf(summary) }))
      .sort((one, other) => compareByName(one.machine, other.machine));
    return { readAt, machines };
  }

  function read(): Promise<KnownMachines> {
    const reading = survey(now());
    const entry = { readAt: now(), reading };
    known = entry;
    running = reading;
    const end = () => {
      if (running === reading) running = undefined;
    };
    // A failure is no list: the next caller asks again.
    reading.then(end, () => {
      end();
      if (known === entry) known = undefined;
    });
    return reading;
  }

  return {
    async recent() {
      return known && now() - known.readAt < freshMs ? known.reading : this.current();
    },
    current() {
      if (!running) return read();
      // One that runs may have read already what was written since: all who come meanwhile share the next one.
      following ??= running
        .catch(() => undefined)
        .then(() => {
          following = undefined;
          return read();
        });
      return following;
    },
    forget() {
      known = undefined;
    },
  };
}

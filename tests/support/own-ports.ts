import type { DataFolder } from '#local/run/data-folder.ts';
import * as sample from '#local/samples/sample-data.ts';

/** Systems that start at the same time would all be given the ports that one person's system prefers. */
export async function chooseOwnPorts(data: DataFolder): Promise<void> {
  for (const name of ['api', 'proxy', ...sample.allMachines.map((machine) => `machine-${machine.name}`)])
    await data.port(name);
}

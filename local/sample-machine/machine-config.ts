import { readFile } from 'node:fs/promises';
import { z } from 'zod';

/** One sample machine: who it is, where its cloud is, where it keeps its things. */
const machineConfig = z.strictObject({
  /** Shown on its page. */
  name: z.string().min(1).max(64),
  /** ARM resource id. */
  machineId: z.string().startsWith('/subscriptions/'),
  /** Origin of Azure Resource Manager. */
  armEndpoint: z.url(),
  dataDirectory: z.string().min(1),
  /** Its web application listens here, on 127.0.0.1; install Windows Admin Center with this port. */
  appPort: z.number().int().min(1).max(65_535),
  /** The agent's program: the bundle, or `agent/main.ts`. */
  agentEntry: z.string().min(1),
});
export type MachineConfig = z.infer<typeof machineConfig>;

export async function readMachineConfig(file: string): Promise<MachineConfig> {
  const parsed = machineConfig.safeParse(JSON.parse(await readFile(file, 'utf8')));
  if (!parsed.success) throw new Error(`${file}:\n${z.prettifyError(parsed.error)}`);
  return parsed.data;
}

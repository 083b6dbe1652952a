import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

const port = z.number().int().min(1).max(65_535);

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
  appPort: port,
  /** Windows Admin Center is reached by other ports than the one that it listens on (direct mode). */
  isAppBehind: z.boolean().optional(),
  /** The agent's program: the bundle, or `agent/main.ts`. */
  agentEntry: z.string().min(1),
  /**
   * What the handler of this deployment knows by itself, where somebody installs it with a port alone: the origin of
   * the API and the audience of its tokens.
   */
  deployment: z.strictObject({ controlPlane: z.url(), audience: z.string().min(1) }).optional(),
});
export type MachineConfig = z.infer<typeof machineConfig>;

/** What programs of this machine take for its root. */
export const rootOf = ({ dataDirectory }: Pick<MachineConfig, 'dataDirectory'>): string =>
  join(dataDirectory, 'root');

export async function readMachineConfig(file: string): Promise<MachineConfig> {
  const parsed = machineConfig.safeParse(JSON.parse(await readFile(file, 'utf8')));
  if (!parsed.success) throw new Error(`${file}:\n${z.prettifyError(parsed.error)}`);
  return parsed.data;
}

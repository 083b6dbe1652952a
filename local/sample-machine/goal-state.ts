import { z } from 'zod';

const apiVersion = '2026-01-01';
/** The resource manager holds a poll for 20 s when nothing changes. */
const pollTimeoutMs = 40_000;
const callTimeoutMs = 10_000;
/** A token is asked for anew when it has less than this left. */
const tokenMarginMs = 5 * 60_000;

const record = z.record(z.string(), z.unknown()).default({});
const common = { name: z.string(), sequence: z.number().int(), deleting: z.boolean() };
const extension = z.object({
  ...common,
  publisher: z.string().default(''),
  type: z.string().default(''),
  settings: record,
  protectedSettings: record,
});
const runCommand = z.object({
  ...common,
  script: z.string(),
  parameters: z.array(z.object({ name: z.string(), value: z.string() })),
  timeoutInSeconds: z.number().optional(),
});
/** What one extension of this machine is to be. */
export type ExtensionGoal = z.infer<typeof extension>;
export type RunCommandGoal = z.infer<typeof runCommand>;
const goalState = z.object({
  sequence: z.number().int(),
  extensions: z.array(extension),
  runCommands: z.array(runCommand),
});
type GoalState = z.infer<typeof goalState>;

/** What a report is on, as the path of the machine's API has it. */
export type GoalPlace = 'extensionStatus' | 'runCommandStatus';

const accessToken = z.object({ access_token: z.string(), expires_on: z.coerce.number() });

export interface GoalStatus {
  sequence: number;
  status: 'transitioning' | 'success' | 'error';
  message: string;
  version?: string;
  removed?: boolean;
  exitCode?: number;
}

export interface GoalStateOptions {
  armEndpoint: string;
  machineId: string;
  /** The managed identity of this machine, as App Service gives it to a process. */
  identity: { endpoint: string; header: string };
  signal: AbortSignal;
}

/** This machine's side of its extensions in Azure Resource Manager. */
export interface GoalStateClient {
  /** With `after` it waits until something is newer, or some seconds. */
  read(after?: number): Promise<GoalState>;
  /** False when the goal has moved on meanwhile: it is to be read again. */
  report(place: GoalPlace, name: string, status: GoalStatus): Promise<boolean>;
}

export function createGoalStateClient(options: GoalStateOptions): GoalStateClient {
  let token: { value: string; expiresAt: number } | undefined;

  async function getToken(): Promise<string> {
    if (token && token.expiresAt - Date.now() > tokenMarginMs) return token.value;
    const url = new URL(options.identity.endpoint);
    url.searchParams.set('resource', 'https://management.azure.com/');
    url.searchParams.set('api-version', '2019-08-01');
    const response = await fetch(url, {
      headers: { 'x-identity-header': options.identity.header },
      signal: AbortSignal.any([options.signal, AbortSignal.timeout(callTimeoutMs)]),
    });
    if (!response.ok) throw new Error(`the managed identity answers ${response.status}`);
    const { access_token: value, expires_on: expiresOn } = accessToken.parse(await response.json());
    token = { value, expiresAt: expiresOn * 1000 };
    return value;
  }

  async function call(method: string, path: string, timeoutMs: number, body?: object): Promise<Response> {
    const url = new URL(`${options.machineId}/providers/Microsoft.LocalTwin/${path}`, options.armEndpoint);
    url.searchParams.set('api-version', apiVersion);
    return fetch(url, {
      method,
      headers: {
        authorization: `Bearer ${await getToken()}`,
        ...(body && { 'content-type': 'application/json' }),
      },
      ...(body && { body: JSON.stringify(body) }),
      signal: AbortSignal.any([options.signal, AbortSignal.timeout(timeoutMs)]),
    });
  }

  async function requireOk(response: Response, what: string): Promise<void> {
    if (response.ok) return;
    if (response.status === 401) token = undefined;
    throw new Error(`${what}: ${response.status} ${(await response.text()).slice(0, 500)}`);
  }

  return {
    async read(after) {
      const path = after === undefined ? 'goalState/default' : `goalState/default?after=${after}`;
      const response = await call('GET', path, pollTimeoutMs);
      await requireOk(response, 'reading the goal state');
      return goalState.parse(await response.json());
    },
    async report(place, name, status) {
      const response = await call('PUT', `${place}/${name}`, callTimeoutMs, status);
      // 404: the extension is gone, which is as stale as a goal can be.
      if (response.status === 409 || response.status === 404) return false;
      await requireOk(response, `reporting ${status.status} of ${name}`);
      return true;
    },
  };
}

import { z } from 'zod';

const apiVersion = '2026-01-01';
/** The resource manager holds a poll for 20 s when nothing changes. */
const pollTimeoutMs = 40_000;
const callTimeoutMs = 10_000;
/** A token is asked for anew when it has less than this left. */
const tokenMarginMs = 5 * 60_000;

const goal = z.object({
  name: z.string(),
  settings: z.record(z.string(), z.unknown()).default({}),
  protectedSettings: z.record(z.string(), z.unknown()).default({}),
  sequence: z.number().int(),
  deleting: z.boolean(),
});
/** What one extension of this machine is to be. */
export type ExtensionGoal = z.infer<typeof goal>;
const goalState = z.object({ sequence: z.number().int(), extensions: z.array(goal) });
type GoalState = z.infer<typeof goalState>;

const accessToken = z.object({ access_token: z.string(), expires_on: z.coerce.number() });

export interface ExtensionStatus {
  sequence: number;
  status: 'transitioning' | 'success' | 'error';
  message: string;
  version?: string;
  removed?: boolean;
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
  report(name: string, status: ExtensionStatus): Promise<boolean>;
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
    async report(name, status) {
      const response = await call('PUT', `extensionStatus/${name}`, callTimeoutMs, status);
      // 404: the extension is gone, which is as stale as a goal can be.
      if (response.status === 409 || response.status === 404) return false;
      await requireOk(response, `reporting ${status.status} of ${name}`);
      return true;
    },
  };
}

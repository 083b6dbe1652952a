import { z } from 'zod';
import type { Clock } from '#local/kit/clock.ts';
import type { HttpReply } from '#local/kit/http-server.ts';
import { inTransaction } from '#local/kit/store.ts';
import { ArmError } from '../arm-error.ts';
import type { Resource } from '../resource-store.ts';
import type { ArmCall, ProviderContext, Route } from '../type-rules.ts';
import { secretOf, toGoal } from './hybrid-compute-extension.ts';

/** Ours: this API has no counterpart in Azure, where machines fetch their extensions by a private protocol. */
const apiVersions = ['2026-01-01'];
/** A waiting machine is answered after this long although nothing changed. */
const longPollMs = 20_000;

const machine = String.raw`(/subscriptions/[^/]+/resourcegroups/[^/]+/providers/microsoft\.hybridcompute/machines/[^/]+)`;
const extensionType = 'Microsoft.HybridCompute/machines/extensions';

const report = z.object({
  sequence: z.int().nonnegative(),
  status: z.enum(['transitioning', 'success', 'error']),
  message: z.string().max(32_768),
  version: z.string().max(100).optional(),
  removed: z.boolean().optional(),
});

const views = {
  transitioning: { level: 'Information', displayStatus: 'Transitioning' },
  success: { level: 'Information', displayStatus: 'Provisioning succeeded' },
  error: { level: 'Error', displayStatus: 'Provisioning failed' },
} as const;

/** The machines that wait for a change, by the key of their id. */
export function createGoalWaiters(clock: Clock) {
  const waiting = new Map<string, Set<() => void>>();
  const wake = (waiters: Iterable<() => void>) => {
    for (const waiter of waiters) waiter();
  };
  return {
    changed: (machineKey: string) => wake(waiting.get(machineKey) ?? []),
    close: () => wake([...waiting.values()].flatMap((waiters) => [...waiters])),
    wait: (machineKey: string) =>
      new Promise<void>((resolve) => {
        const waiters = waiting.get(machineKey) ?? new Set();
        waiting.set(machineKey, waiters);
        const done = () => {
          cancel();
          waiters.delete(done);
          if (!waiters.size) waiting.delete(machineKey);
          resolve();
        };
        const cancel = clock.at(clock.now() + longPollMs, done);
        waiters.add(done);
      }),
  };
}

/** The machine's side of extensions: what it should have, and what came of it. */
export function localTwinRoutes(
  context: ProviderContext,
  waiters: ReturnType<typeof createGoalWaiters>,
): readonly Route[] {
  const { resources, operations, database, clock } = context;

  const requireOwn = (call: ArmCall, machineId: string): string => {
    const key = machineId.toLowerCase();
    if (call.claims.xms_mirid?.toLowerCase() !== key)
      throw new ArmError(
        403,
        'AuthorizationFailed',
        `Only the managed identity of '${machineId}' may do this.`,
      );
    if (!resources.get(key))
      throw new ArmError(404, 'ResourceNotFound', `The Resource '${machineId}' was not found.`);
    return key;
  };

  const goalState = (machineKey: string) => {
    const goals = resources.list(extensionType, machineKey).map(toGoal);
    return { sequence: Math.max(0, ...goals.map((goal) => Number(goal['sequence']))), goals };
  };

  const getGoalState = async (call: ArmCall, machineId: string): Promise<HttpReply> => {
    const key = requireOwn(call, machineId);
    const after = call.query.get('after');
    if (after !== null && !/^\d{1,15}$/.test(after))
      throw new ArmError(400, 'InvalidParameter', "The query parameter 'after' must be a sequence number.");
    if (after !== null && goalState(key).sequence <= Number(after)) await waiters.wait(key);
    const { sequence, goals } = goalState(key);
    return { status: 200, body: { sequence, extensions: goals } };
  };

  const record = (extension: Resource, given: z.infer<typeof report>) => {
    const { properties } = extension.body;
    const secret = secretOf(extension);
    const version = given.version ?? properties['typeHandlerVersion'];
    const instanceView = {
      name: extension.name,
      type: properties['type'],
      typeHandlerVersion: version,
      status: {
        code: given.status,
        ...views[given.status],
        message: given.message,
        time: new Date(clock.now()).toISOString(),
      },
    };
    const hasSucceeded = properties['provisioningState'] === 'Succeeded';
    const ended = given.status === 'success' ? 'Succeeded' : given.status === 'error' ? 'Failed' : undefined;
    const provisioningState = hasSucceeded || !ended ? properties['provisioningState'] : ended;
    resources.put({
      id: extension.id,
      type: extension.type,
      body: {
        ...extension.body,
        properties: {
          ...properties,
          ...(version !== undefined && { typeHandlerVersion: version }),
          instanceView,
          provisioningState,
        },
      },
      // A removal that failed leaves the extension in place; deleting it again sets a new goal.
      secret: { ...secret, isDeleting: secret.isDeleting && ended !== 'Failed' },
    });
    if (ended)
      operations.finish(
        secret.operationId,
        ended,
        ended === 'Failed' ? { code: 'VMExtensionProvisioningError', message: given.message } : undefined,
      );
  };

  const putStatus = (call: ArmCall, machineId: string, name: string): HttpReply => {
    const key = requireOwn(call, machineId);
    const parsed = report.safeParse(call.body());
    if (!parsed.success)
      throw new ArmError(400, 'InvalidRequestContent', z.prettifyError(parsed.error).replaceAll('\n', ' '));
    return inTransaction(database, () => {
      const extension = resources.get(`${key}/extensions/${name.toLowerCase()}`);
      if (!extension) throw new ArmError(404, 'ResourceNotFound', `The extension '${name}' was not found.`);
      const { sequence, isDeleting, operationId } = secretOf(extension);
      if (parsed.data.sequence !== sequence)
        throw new ArmError(409, 'StaleSequence', `The goal state of '${name}' is at sequence ${sequence}.`);
      if (isDeleting && parsed.data.removed) {
        resources.remove(extension.key);
        operations.finish(operationId, 'Succeeded');
      } else if (isDeleting && parsed.data.status === 'success')
        throw new ArmError(400, 'InvalidRequestContent', "A removal succeeds with 'removed': true.");
      else record(extension, parsed.data);
      return { status: 200, body: {} };
    });
  };

  return [
    {
      name: 'GET goalState',
      method: 'GET',
      pattern: new RegExp(`^${machine}/providers/microsoft\\.localtwin/goalstate/default$`, 'i'),
      apiVersions,
      handle: (call, machineId = '') => getGoalState(call, machineId),
    },
    {
      name: 'PUT extensionStatus',
      method: 'PUT',
      pattern: new RegExp(`^${machine}/providers/microsoft\\.localtwin/extensionstatus/([^/]+)$`, 'i'),
      apiVersions,
      handle: (call, machineId = '', name = '') => putStatus(call, machineId, name),
    },
  ];
}

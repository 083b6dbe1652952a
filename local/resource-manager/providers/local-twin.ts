import { z } from 'zod';
import type { Clock } from '#local/kit/clock.ts';
import type { HttpReply } from '#local/kit/http-server.ts';
import { inTransaction } from '#local/kit/store.ts';
import { ArmError } from '../arm-error.ts';
import type { Resource } from '../resource-store.ts';
import type { ArmCall, ProviderContext, Route } from '../type-rules.ts';
import { type GoalKind, goalKinds, secretOf } from './goal-kinds.ts';
import type { Goals } from './goals.ts';

/** Ours: this API has no counterpart in Azure, where machines fetch their extensions by a private protocol. */
const apiVersions = ['2026-01-01'];
/** A waiting machine is answered after this long although nothing changed. */
const longPollMs = 20_000;

const machine = String.raw`(/subscriptions/[^/]+/resourcegroups/[^/]+/providers/(?:microsoft\.hybridcompute/machines|microsoft\.compute/virtualmachines|microsoft\.azurestackhci/clusters)/[^/]+)`;

/** Below the machine's own API, by what it reports on. */
const statusPaths = { extensionstatus: /extensions$/, runcommandstatus: /runcommands$/ } as const;

const report = z.object({
  sequence: z.int().nonnegative(),
  status: z.enum(['transitioning', 'success', 'error']),
  message: z.string().max(32_768),
  version: z.string().max(100).optional(),
  removed: z.boolean().optional(),
  exitCode: z.int().optional(),
});

const kindsOf = (machineKey: string) => goalKinds[machineKey.split('/').slice(-3, -1).join('/')] ?? [];

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
  goals: Pick<Goals, 'attend'>,
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

  const goalsOf = (machineKey: string, kind: GoalKind) => {
    const parent = `${machineKey}/${kind.collection}`.replace(/\/[^/]+$/, '');
    return resources
      .list(kind.type, parent)
      .filter(({ secret }) => secret['sequence'] !== undefined)
      .map((resource) => {
        const { wanted, sequence, isDeleting } = secretOf(resource);
        return { name: resource.name, ...kind.toGoal(wanted), sequence, deleting: isDeleting };
      });
  };

  const goalState = (machineKey: string) => {
    const found = kindsOf(machineKey).map((kind) => ({ kind, goals: goalsOf(machineKey, kind) }));
    const of = (collection: RegExp) =>
      found.flatMap((one) => (collection.test(one.kind.collection) ? one.goals : []));
    const sequence = Math.max(0, ...found.flatMap((one) => one.goals.map((goal) => goal.sequence)));
    return {
      sequence,
      extensions: of(statusPaths.extensionstatus),
      runCommands: of(statusPaths.runcommandstatus),
    };
  };

  const getGoalState = async (call: ArmCall, machineId: string): Promise<HttpReply> => {
    const key = requireOwn(call, machineId);
    const after = call.query.get('after');
    if (after !== null && !/^\d{1,15}$/.test(after))
      throw new ArmError(400, 'InvalidParameter', "The query parameter 'after' must be a sequence number.");
    goals.attend(key);
    if (after !== null && goalState(key).sequence <= Number(after)) await waiters.wait(key);
    return { status: 200, body: goalState(key) };
  };

  const record = (resource: Resource, kind: GoalKind, given: z.infer<typeof report>) => {
    const { properties } = resource.body;
    const secret = secretOf(resource);
    const at = { name: resource.name, time: new Date(clock.now()).toISOString() };
    const hasSucceeded = properties['provisioningState'] === 'Succeeded';
    const ended = given.status === 'success' ? 'Succeeded' : given.status === 'error' ? 'Failed' : undefined;
    const provisioningState = hasSucceeded || !ended ? properties['provisioningState'] : ended;
    resources.put({
      id: resource.id,
      type: resource.type,
      body: {
        ...resource.body,
        properties: { ...properties, ...kind.report(properties, given, at), provisioningState },
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

  const putStatus = (call: ArmCall, machineId: string, collection: RegExp, name: string): HttpReply => {
    const key = requireOwn(call, machineId);
    const parsed = report.safeParse(call.body());
    if (!parsed.success)
      throw new ArmError(400, 'InvalidRequestContent', z.prettifyError(parsed.error).replaceAll('\n', ' '));
    return inTransaction(database, () => {
      const kind = kindsOf(key).find((one) => collection.test(one.collection));
      const found = kind && resources.get(`${key}/${kind.collection}/${name.toLowerCase()}`);
      if (!kind || found?.secret['sequence'] === undefined)
        throw new ArmError(404, 'ResourceNotFound', `The extension '${name}' was not found.`);
      const { sequence, isDeleting, operationId } = secretOf(found);
      if (parsed.data.sequence !== sequence)
        throw new ArmError(409, 'StaleSequence', `The goal state of '${name}' is at sequence ${sequence}.`);
      if (isDeleting && parsed.data.removed) {
        resources.remove(found.key);
        operations.finish(operationId, 'Succeeded');
      } else if (isDeleting && parsed.data.status === 'success')
        throw new ArmError(400, 'InvalidRequestContent', "A removal succeeds with 'removed': true.");
      else record(found, kind, parsed.data);
      return { status: 200, body: {} };
    });
  };

  const statusRoute = (path: keyof typeof statusPaths, name: string): Route => ({
    name,
    method: 'PUT',
    pattern: new RegExp(`^${machine}/providers/microsoft\\.localtwin/${path}/([^/]+)$`, 'i'),
    apiVersions,
    handle: (call, machineId = '', goal = '') => putStatus(call, machineId, statusPaths[path], goal),
  });

  return [
    {
      name: 'GET goalState',
      method: 'GET',
      pattern: new RegExp(`^${machine}/providers/microsoft\\.localtwin/goalstate/default$`, 'i'),
      apiVersions,
      handle: (call, machineId = '') => getGoalState(call, machineId),
    },
    statusRoute('extensionstatus', 'PUT extensionStatus'),
    statusRoute('runcommandstatus', 'PUT runCommandStatus'),
  ];
}

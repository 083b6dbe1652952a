import { createHash } from 'node:crypto';
import { z } from 'zod';
import { ArmError } from '../arm-error.ts';
import { composeBody, replyWith } from '../generic-verbs.ts';
import { parentKey } from '../resource-id.ts';
import type { Resource } from '../resource-store.ts';
import type { Provider, ProviderContext, ResourceCall, TypeRules } from '../type-rules.ts';
import type { Goals } from './goals.ts';
import { runCommands } from './run-commands.ts';
import { virtualMachineSizes } from './virtual-machine-sizes.ts';

const apiVersions = [
  '2024-11-01',
  '2024-07-01',
  '2024-03-01',
  '2023-09-01',
  '2022-11-01',
  '2022-08-01',
  '2018-10-01',
];
const verbs = ['GET', 'LIST', 'PUT', 'PATCH', 'DELETE'] as const;

const extensionBody = z.looseObject({
  location: z.string().optional(),
  properties: z.looseObject({
    publisher: z.string().min(1),
    type: z.string().min(1),
    typeHandlerVersion: z.string().optional(),
  }),
});

const powerStates = {
  running: 'VM running',
  stopped: 'VM stopped',
  deallocated: 'VM deallocated',
} as const;
type PowerState = keyof typeof powerStates;

const powerOf = (machine: Resource): PowerState => {
  const power = machine.secret['power'];
  return power === 'stopped' || power === 'deallocated' ? power : 'running';
};

/**
 * Virtual machines, their extensions and run commands with long-running operations. Nothing is started: power is a word
 * that is kept. Where a machine reads its goal state, what it is told ends when it has reported.
 */
export function microsoftCompute(context: ProviderContext, goals: Goals): Provider {
  const { resources, timed, clock } = context;

  const isExpanded = (call: ResourceCall) =>
    /(^|,)\s*instanceView\s*(,|$)/i.test(call.query.get('$expand') ?? '');

  const instanceView = (machine: Resource): Record<string, unknown> => ({
    computerName: machine.name,
    vmAgent: {
      vmAgentVersion: '2.7.41491.1165',
      statuses: [{ code: 'ProvisioningState/succeeded', level: 'Info', displayStatus: 'Ready' }],
    },
    statuses: [
      {
        code: `ProvisioningState/${String(machine.body.properties['provisioningState']).toLowerCase()}`,
        level: 'Info',
        displayStatus: `Provisioning ${String(machine.body.properties['provisioningState']).toLowerCase()}`,
        time: new Date(clock.now()).toISOString(),
      },
      {
        code: `PowerState/${powerOf(machine)}`,
        level: 'Info',
        displayStatus: powerStates[powerOf(machine)],
      },
    ],
  });

  const power = (to: PowerState) => (call: ResourceCall, machine: Resource) => {
    const { id, type, body, secret } = machine;
    return timed.act(call, resources.put({ id, type, body, secret: { ...secret, power: to } }));
  };

  const machines: TypeRules = timed.over({
    type: 'Microsoft.Compute/virtualMachines',
    apiVersions,
    verbs,
    compose(call, existing) {
      const body = composeBody(call, existing);
      if (typeof body.location !== 'string')
        throw new ArmError(400, 'LocationRequired', 'The location property is required for this definition.');
      const profile = body.properties['networkProfile'] as
        | { networkInterfaces?: { id?: string }[] }
        | undefined;
      for (const { id } of profile?.networkInterfaces ?? []) {
        if (id !== undefined && !resources.get(id))
          throw new ArmError(
            400,
            'InvalidResourceReference',
            `Resource ${id} referenced by resource ${call.id.id} was not found. Please make sure that the referenced resource exists, and that both resources are in the same region.`,
          );
      }
      const digest = createHash('sha256').update(call.id.key).digest('hex');
      const vmId = `${digest.slice(0, 8)}-${digest.slice(8, 12)}-4${digest.slice(13, 16)}-8${digest.slice(17, 20)}-${digest.slice(20, 32)}`;
      return {
        body: { ...body, properties: { vmId, ...body.properties } },
        secret: { power: 'running', ...existing?.secret },
      };
    },
    get(call) {
      const machine = resources.get(call.id.key);
      if (!machine)
        throw new ArmError(404, 'ResourceNotFound', `The Resource '${call.id.id}' was not found.`);
      if (!isExpanded(call)) return replyWith(machines, 200, machine);
      const properties = { ...machine.body.properties, instanceView: instanceView(machine) };
      return replyWith(machines, 200, { ...machine, body: { ...machine.body, properties } });
    },
    actions: {
      start: power('running'),
      restart: power('running'),
      poweroff: power('stopped'),
      deallocate: power('deallocated'),
    },
  });

  /** `GET {machine}/instanceView` has the path of a list. */
  const views: TypeRules = {
    type: 'Microsoft.Compute/virtualMachines/instanceView',
    apiVersions,
    verbs: ['LIST'],
    list(call) {
      const machine = resources.get(parentKey(call.id) ?? '');
      if (!machine)
        throw new ArmError(404, 'ResourceNotFound', `The Resource '${call.id.id}' was not found.`);
      return { status: 200, body: instanceView(machine) };
    },
  };

  const extensions: TypeRules = timed.over({
    type: 'Microsoft.Compute/virtualMachines/extensions',
    apiVersions,
    verbs,
    compose(call, existing) {
      const isPatch = call.request.method === 'PATCH';
      const parsed = isPatch ? undefined : extensionBody.safeParse(call.body());
      if (parsed && !parsed.success)
        throw new ArmError(400, 'InvalidParameter', z.prettifyError(parsed.error).replaceAll('\n', ' '));
      const machine = resources.get(parentKey(call.id) ?? '');
      if (machine && powerOf(machine) !== 'running')
        throw new ArmError(
          409,
          'OperationNotAllowed',
          `Cannot modify extensions in the VM when the VM is not running.`,
        );
      return { body: composeBody(call, existing) };
    },
    get(call) {
      const found = resources.get(call.id.key);
      if (!found) throw new ArmError(404, 'ResourceNotFound', `The Resource '${call.id.id}' was not found.`);
      const reply = replyWith(extensions, 200, found);
      const { instanceView: view } = found.body.properties;
      if (!isExpanded(call) || view === undefined) return reply;
      const shown = extensions.show?.(found) ?? found.body;
      const { id, name, type } = found;
      const properties = { ...shown.properties, instanceView: view };
      return { ...reply, body: { id, name, type, ...shown, properties } };
    },
    show({ body }) {
      const { protectedSettings: _, instanceView: __, ...properties } = body.properties;
      return { ...body, properties };
    },
  });

  const commands = timed.over(
    runCommands(context, 'Microsoft.Compute/virtualMachines/runCommands', apiVersions),
  );
  const types = [machines, views, goals.over(extensions), goals.over(commands)];
  return { types, routes: [virtualMachineSizes(apiVersions)] };
}

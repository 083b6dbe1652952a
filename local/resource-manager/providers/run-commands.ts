import { z } from 'zod';
import { ArmError } from '../arm-error.ts';
import { composeBody } from '../generic-verbs.ts';
import type { ProviderContext, TypeRules } from '../type-rules.ts';

const parameters = z.array(z.strictObject({ name: z.string(), value: z.string() })).optional();

const runCommandBody = z.object({
  location: z.string().min(1),
  properties: z.strictObject({
    source: z.strictObject({ script: z.string().min(1) }),
    parameters,
    protectedParameters: parameters,
    asyncExecution: z.boolean().optional(),
    timeoutInSeconds: z.int().positive().optional(),
    treatFailureAsDeploymentFailure: z.boolean().optional(),
  }),
});

/** Managed run commands with a script of their own; scripts from elsewhere and other users are refused. */
export function runCommands(
  context: ProviderContext,
  type: string,
  apiVersions: readonly string[],
): TypeRules {
  return {
    type,
    apiVersions,
    verbs: ['GET', 'LIST', 'PUT', 'DELETE'],
    compose(call, existing) {
      const parsed = runCommandBody.safeParse(call.body());
      if (!parsed.success)
        throw new ArmError(400, 'InvalidParameter', z.prettifyError(parsed.error).replaceAll('\n', ' '));
      return { body: composeBody(call, existing) };
    },
    get(call) {
      const found = context.resources.get(call.id.key);
      if (!found) throw new ArmError(404, 'ResourceNotFound', `The Resource '${call.id.id}' was not found.`);
      const { instanceView, ...properties } = hidden(found.body.properties);
      const isExpanded = /(^|,)\s*instanceView\s*(,|$)/i.test(call.query.get('$expand') ?? '');
      const isArc = /^microsoft\.hybridcompute\//i.test(type);
      const view = (isExpanded || isArc) && { instanceView };
      const { id, name, body } = found;
      return { status: 200, body: { id, name, type, ...body, properties: { ...properties, ...view } } };
    },
    show: ({ body }) => {
      const { instanceView: _, ...properties } = hidden(body.properties);
      return { ...body, properties };
    },
  };
}

function hidden(properties: Record<string, unknown>): Record<string, unknown> {
  const { protectedParameters: _, ...shown } = properties;
  return shown;
}

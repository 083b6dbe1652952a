import { z } from 'zod';
import { ArmError } from '../arm-error.ts';
import { composeBody } from '../generic-verbs.ts';
import { parentKey } from '../resource-id.ts';
import type { Provider, ProviderContext } from '../type-rules.ts';
import type { Goals } from './goals.ts';

const apiVersions = ['2024-04-01', '2024-01-01', '2023-08-01', '2023-02-01', '2022-05-01'];
const verbs = ['GET', 'LIST', 'PUT', 'PATCH', 'DELETE'] as const;

/** What lies in `properties` elsewhere lies in `extensionParameters` here. */
const extensionBody = z.looseObject({
  properties: z.looseObject({
    extensionParameters: z.looseObject({
      publisher: z.string().min(1),
      type: z.string().min(1),
      typeHandlerVersion: z.string().optional(),
    }),
  }),
});

/**
 * HCI clusters, their Arc settings and the extensions of their nodes, with long-running operations; where the cluster
 * reads its goal state, an extension ends when it has reported.
 */
export function microsoftAzureStackHci({ resources, timed }: ProviderContext, goals: Goals): Provider {
  const named = (call: { id: { names: readonly string[] } }) => {
    if (call.id.names.at(-1)?.toLowerCase() !== 'default')
      throw new ArmError(400, 'BadRequest', "The Arc settings of a cluster are named 'default'.");
  };
  return {
    types: [
      timed.over({
        type: 'Microsoft.AzureStackHCI/clusters',
        apiVersions,
        verbs,
        compose(call, existing) {
          const body = composeBody(call, existing);
          if (typeof body.location !== 'string')
            throw new ArmError(
              400,
              'LocationRequired',
              'The location property is required for this definition.',
            );
          return { body: { ...body, properties: { status: 'ConnectedRecently', ...body.properties } } };
        },
      }),
      {
        type: 'Microsoft.AzureStackHCI/clusters/arcSettings',
        apiVersions,
        verbs,
        compose(call, existing) {
          named(call);
          const body = composeBody(call, existing);
          return {
            body: {
              ...body,
              properties: {
                aggregateState: 'Connected',
                connectivityProperties: { enabled: false },
                ...body.properties,
              },
            },
          };
        },
      },
      goals.over(
        timed.over({
          type: 'Microsoft.AzureStackHCI/clusters/arcSettings/extensions',
          apiVersions,
          verbs,
          compose(call, existing) {
            const body = composeBody(call, existing);
            const parsed = extensionBody.safeParse(body);
            if (!parsed.success)
              throw new ArmError(
                400,
                'InvalidRequestContent',
                z.prettifyError(parsed.error).replaceAll('\n', ' '),
              );
            const settings = resources.get(parentKey(call.id) ?? '');
            const { enabled } = (settings?.body.properties['connectivityProperties'] ?? {}) as {
              enabled?: boolean;
            };
            if (!enabled)
              throw new ArmError(
                400,
                'ConnectivityNotEnabled',
                "Connectivity is not enabled on the cluster: PATCH arcSettings/default with connectivityProperties {'enabled': true} first.",
              );
            return { body: { ...body, properties: { aggregateState: 'Succeeded', ...body.properties } } };
          },
          show({ body }) {
            const { protectedSettings: _, ...parameters } = body.properties['extensionParameters'] as Record<
              string,
              unknown
            >;
            return { ...body, properties: { ...body.properties, extensionParameters: parameters } };
          },
        }),
      ),
    ],
  };
}

import { ArmError } from '../arm-error.ts';
import { composeBody } from '../generic-verbs.ts';
import type { Provider, ProviderContext } from '../type-rules.ts';
import { resourcesApiVersions } from './registration.ts';

/** Subscriptions, tenants and resource groups. There is one subscription; groups are not deleted here. */
export function microsoftResources(context: ProviderContext): Provider {
  const { subscriptionId, tenantId } = context;
  const id = `/subscriptions/${subscriptionId}`;
  const subscription = {
    id,
    subscriptionId,
    tenantId,
    displayName: 'Local subscription',
    state: 'Enabled',
    authorizationSource: 'RoleBased',
    subscriptionPolicies: {
      locationPlacementId: 'Public_2014-09-01',
      quotaId: 'Local',
      spendingLimit: 'Off',
    },
    managedByTenants: [],
  };
  return {
    types: [
      { type: 'Microsoft.Resources/subscriptions', apiVersions: resourcesApiVersions, verbs: [] },
      {
        type: 'Microsoft.Resources/subscriptions/resourceGroups',
        shownType: 'Microsoft.Resources/resourceGroups',
        apiVersions: resourcesApiVersions,
        verbs: ['GET', 'LIST', 'PUT', 'PATCH'],
        compose(call, existing) {
          const body = composeBody(call, existing);
          if (typeof body.location !== 'string')
            throw new ArmError(
              400,
              'LocationRequired',
              'The location property is required for this definition.',
            );
          return {
            body: {
              location: body.location,
              tags: body.tags ?? {},
              properties: { provisioningState: 'Succeeded' },
            },
          };
        },
      },
    ],
    routes: [
      {
        name: 'LIST Microsoft.Resources/subscriptions',
        method: 'GET',
        pattern: /^\/subscriptions$/i,
        apiVersions: resourcesApiVersions,
        handle: () => ({ status: 200, body: { value: [subscription], count: { type: 'Total', value: 1 } } }),
      },
      {
        name: 'GET Microsoft.Resources/subscriptions',
        method: 'GET',
        pattern: /^\/subscriptions\/[^/]+$/i,
        apiVersions: resourcesApiVersions,
        handle: () => ({ status: 200, body: subscription }),
      },
      {
        name: 'LIST Microsoft.Resources/tenants',
        method: 'GET',
        pattern: /^\/tenants$/i,
        apiVersions: resourcesApiVersions,
        handle: () => ({ status: 200, body: { value: [{ id: `/tenants/${tenantId}`, tenantId }] } }),
      },
    ],
  };
}

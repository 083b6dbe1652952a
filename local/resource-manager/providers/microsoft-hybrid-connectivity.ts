import { createHash, createHmac, randomBytes } from 'node:crypto';
import { z } from 'zod';
import type { HttpReply } from '#local/kit/http-server.ts';
import { ArmError } from '../arm-error.ts';
import type { Resource } from '../resource-store.ts';
import type { Provider, ProviderContext, ResourceCall, TypeRules } from '../type-rules.ts';

const apiVersions = ['2024-12-01', '2023-03-15'];

const endpointBody = z.object({
  properties: z.object({ type: z.enum(['default', 'custom']), resourceId: z.string().optional() }),
});
/** The port is an integer here and a string in the extension (as Azure has it). */
const port = z.int().min(1).max(65_535);
const serviceBody = z.object({
  properties: z.object({ serviceName: z.enum(['WAC', 'SSH']), port: port.optional() }),
});
const servicePatch = z.object({ properties: z.object({ port }) });
const credentialsBody = z.object({ serviceName: z.enum(['WAC', 'SSH']).optional() });
const proxyBody = z.object({
  service: z.string().min(1),
  hostname: z.string().min(1).optional(),
  serviceName: z.enum(['WAC', 'SSH']).optional(),
});

const defaultPorts = { WAC: 6516, SSH: 22 } as const;
const lifetimeSeconds = { min: 600, max: 10_800 } as const;

function requireBody<T>(schema: z.ZodType<T>, call: ResourceCall): T {
  const parsed = schema.safeParse(call.body());
  if (parsed.success) return parsed.data;
  throw new ArmError(400, 'InvalidRequestContent', z.prettifyError(parsed.error).replaceAll('\n', ' '));
}

function requireLifetime(call: ResourceCall): number {
  const given = call.query.get('expiresin') ?? String(lifetimeSeconds.max);
  const seconds = /^\d{1,6}$/.test(given) ? Number(given) : Number.NaN;
  if (seconds >= lifetimeSeconds.min && seconds <= lifetimeSeconds.max) return seconds;
  throw new ArmError(
    400,
    'InvalidParameter',
    `The query parameter 'expiresin' must be between ${lifetimeSeconds.min} and ${lifetimeSeconds.max} seconds.`,
  );
}

/** Endpoints and service configurations on any resource, and their credential actions (Microsoft.HybridConnectivity 2023-03-15). */
export function microsoftHybridConnectivity({ resources, clock }: ProviderContext): Provider {
  const requireService = (endpoint: Resource, service: string) => {
    if (resources.get(`${endpoint.key}/serviceconfigurations/${service}`)) return;
    throw new ArmError(
      412,
      'PreconditionFailed',
      `The endpoint has no service configuration '${service}': create it and try again.`,
    );
  };

  /** A well-formed relay credential. Its namespace belongs to the provider and is not served here. */
  const listCredentials = (call: ResourceCall, endpoint: Resource): HttpReply => {
    const seconds = requireLifetime(call);
    const { serviceName } = requireBody(credentialsBody, call);
    if (serviceName) requireService(endpoint, serviceName);
    const expiresOn = Math.floor(clock.now() / 1000) + seconds;
    const target = createHash('sha256').update(call.id.scope.toLowerCase()).digest('hex');
    const hybridConnectionName = `microsoft.hybridcompute/machines/${target}/${expiresOn}`;
    const resource = encodeURIComponent(
      `http://azgnrelay-local.servicebus.windows.net/${hybridConnectionName}`,
    );
    const key = String(endpoint.secret['relayKey']);
    const sign = (text: string) => createHmac('sha256', key).update(text).digest('base64');
    const signature = encodeURIComponent(sign(`${resource}\n${expiresOn}`));
    return {
      status: 200,
      body: {
        relay: {
          namespaceName: 'azgnrelay-local',
          namespaceNameSuffix: 'servicebus.windows.net',
          hybridConnectionName,
          accessKey: `SharedAccessSignature sr=${resource}&sig=${signature}&se=${expiresOn}&skn=send`,
          expiresOn,
          ...(serviceName && { serviceConfigurationToken: sign(`${target}|${serviceName}|${expiresOn}`) }),
        },
      },
    };
  };

  const listManagedProxyDetails = (call: ResourceCall, endpoint: Resource): HttpReply => {
    const { hostname = 'proxy.localhost', serviceName } = requireBody(proxyBody, call);
    if (serviceName) requireService(endpoint, serviceName);
    const label = randomBytes(8).toString('hex');
    const expiresOn = Math.floor(clock.now() / 1000) + lifetimeSeconds.max;
    return { status: 200, body: { proxy: `${label}.${hostname}`, expiresOn } };
  };

  const endpoints: TypeRules = {
    type: 'Microsoft.HybridConnectivity/endpoints',
    apiVersions,
    verbs: ['GET', 'LIST', 'PUT', 'PATCH', 'DELETE'],
    isExtension: true,
    statusOnCreate: 200,
    compose(call, existing) {
      const { properties } = requireBody(endpointBody, call);
      if (call.id.scope === '') throw new ArmError(400, 'InvalidResource', 'An endpoint lies on a resource.');
      if (properties.type === 'custom' && !properties.resourceId)
        throw new ArmError(400, 'InvalidRequestContent', "A custom endpoint needs 'resourceId'.");
      return {
        body: { properties: { ...properties, provisioningState: 'Succeeded' } },
        secret: existing?.secret ?? { relayKey: randomBytes(32).toString('base64') },
      };
    },
    actions: { listcredentials: listCredentials, listmanagedproxydetails: listManagedProxyDetails },
  };

  const serviceConfigurations: TypeRules = {
    type: 'Microsoft.HybridConnectivity/endpoints/serviceConfigurations',
    apiVersions,
    verbs: ['GET', 'LIST', 'PUT', 'PATCH', 'DELETE'],
    isExtension: true,
    compose(call, existing) {
      if (call.request.method === 'PATCH' && existing) {
        const { properties } = requireBody(servicePatch, call);
        return { body: { ...existing.body, properties: { ...existing.body.properties, ...properties } } };
      }
      const { serviceName, port: given } = requireBody(serviceBody, call).properties;
      if (call.id.names.at(-1)?.toUpperCase() !== serviceName)
        throw new ArmError(
          400,
          'InvalidRequestContent',
          `The resource of service '${serviceName}' has its name.`,
        );
      const properties = {
        serviceName,
        port: given ?? defaultPorts[serviceName],
        provisioningState: 'Succeeded',
      };
      return { body: { properties } };
    },
  };

  return { types: [endpoints, serviceConfigurations] };
}

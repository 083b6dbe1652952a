import { recordAudit } from '#orchestrations/audit-trail.ts';
import { getDocument, updateDocument } from '#orchestrations/records.ts';
import { revokeSessions } from '#orchestrations/revoke-sessions.ts';
import type { AuditDecision } from '#shared/domain/audit.ts';
import type { AuditAction } from '#shared/domain/audit-actions.ts';
import type { MachineDocument } from '#shared/domain/documents.ts';
import { AppError, toAppError } from '#shared/domain/error.ts';
import { type ServiceName, serviceNames } from '#shared/domain/machine.ts';
import {
  endpointReply,
  endpointRequest,
  problem,
  serviceConfigurationReply,
  serviceConfigurationRequest,
} from '#shared/protocol/api.ts';
import type { AppPorts, PortsProvider } from '../ports.ts';
import { type Acting, auditedCaller } from './audit-actor.ts';
import { changedMeanwhile, requireIfMatch } from './if-match.ts';
import { type MachineAccess, openMachine, requireRight } from './machine-access.ts';
import { defineRoute, type RouteCall } from './route.ts';

const endpointRoute = 'api/machines/{id}/endpoint';
const serviceRoute = `${endpointRoute}/serviceConfigurations/{service}`;
const refusals = { 401: problem, 403: problem, 404: problem, 409: problem, 412: problem } as const;

const viewEndpoint = (resourceId: string) => ({
  id: `${resourceId}/providers/Microsoft.HybridConnectivity/endpoints/default`,
  name: 'default',
  type: 'Microsoft.HybridConnectivity/endpoints',
  properties: { type: 'default', provisioningState: 'Succeeded' },
});

const viewService = (resourceId: string, service: ServiceName, port: number) => ({
  id: `${resourceId}/providers/Microsoft.HybridConnectivity/endpoints/default/serviceConfigurations/${service}`,
  name: service,
  type: 'Microsoft.HybridConnectivity/endpoints/serviceConfigurations',
  properties: { serviceName: service, port, provisioningState: 'Succeeded' },
});

/** Names are compared without regard to case, as ARM does. */
function requireService(text: string): ServiceName {
  const service = serviceNames.find((name) => name.toLowerCase() === text.toLowerCase());
  if (!service)
    throw new AppError('not_found', `there is no service ${text}; there are ${serviceNames.join(' and ')}`);
  return service;
}

/** What the provider has is the truth; our record follows it for lists. */
async function recordServices(ports: AppPorts, machine: MachineDocument): Promise<void> {
  const services = await ports.connectivity.findServiceConfigurations(machine.resourceId);
  await updateDocument(ports.store, machine.machineId, 'machine', undefined, (document) => ({
    document: { ...document, endpoint: { enabled: services !== undefined, services: services ?? {} } },
  }));
}

interface ToChange {
  machine: MachineDocument;
  by: Acting & { decision: AuditDecision };
}

async function machineToChange({ ports, caller, parameter, request }: RouteCall<unknown>): Promise<ToChange> {
  const access = await openMachine(ports, caller, parameter('id'));
  const decision = await requireRight(access, 'install');
  if (requireIfMatch(request, access.etag)) await takeEtag(ports, access);
  return { machine: access.machine, by: { ...auditedCaller(caller, request), decision } };
}

/** Recorded before it is done in Azure, so that no crash leaves a door that nobody opened; and again where it fails. */
async function change(
  ports: AppPorts,
  { machine, by }: ToChange,
  [action, detail]: readonly [action: AuditAction, detail: string],
  act: () => Promise<unknown>,
): Promise<void> {
  const record = (outcome: 'allowed' | 'failed', more: string) =>
    recordAudit(ports, machine.machineId, { ...by, action, outcome, detail: `${detail}${more}` });
  await record('allowed', '');
  try {
    await act();
  } catch (error) {
    await record('failed', `: ${toAppError(error).code}`);
    throw error;
  }
  await recordServices(ports, machine);
}

/** What is written next is in Azure Resource Manager: of two with one ETag the first takes it here. */
async function takeEtag({ store }: AppPorts, { machine, etag }: MachineAccess): Promise<void> {
  try {
    await store.commit(machine.machineId, [{ replace: machine, etag }]);
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'etag_mismatch') throw error;
    throw changedMeanwhile((await getDocument(store, machine.machineId, 'machine')).etag);
  }
}

export function registerEndpoint(provider: PortsProvider): void {
  defineRoute(
    provider,
    {
      name: 'putEndpoint',
      method: 'PUT',
      route: endpointRoute,
      audience: 'user',
      applications: true,
      summary: 'Say that access is allowed at all; no traffic passes before a service configuration',
      body: endpointRequest,
      replies: { 200: endpointReply, 400: problem, ...refusals },
    },
    async (call) => {
      const found = await machineToChange(call);
      const { resourceId } = found.machine;
      await change(call.ports, found, ['endpoint change', 'on'], () =>
        call.ports.connectivity.putEndpoint(resourceId),
      );
      return { body: viewEndpoint(resourceId) };
    },
  );

  defineRoute(
    provider,
    {
      name: 'getEndpoint',
      method: 'GET',
      route: endpointRoute,
      audience: 'user',
      applications: true,
      summary: 'The endpoint',
      replies: { 200: endpointReply, 401: problem, 404: problem },
    },
    async ({ ports, caller, parameter }) => {
      const { machine, etag } = await openMachine(ports, caller, parameter('id'));
      if (!(await ports.connectivity.hasEndpoint(machine.resourceId))) {
        throw new AppError('not_found', 'the machine has no endpoint');
      }
      return { headers: { etag }, body: viewEndpoint(machine.resourceId) };
    },
  );

  defineRoute(
    provider,
    {
      name: 'deleteEndpoint',
      method: 'DELETE',
      route: endpointRoute,
      audience: 'user',
      applications: true,
      summary: 'Delete the endpoint; refused while a service uses it (requirement 59)',
      replies: { 204: undefined, ...refusals },
    },
    async (call) => {
      const found = await machineToChange(call);
      const { machine } = found;
      const services = (await call.ports.connectivity.findServiceConfigurations(machine.resourceId)) ?? {};
      const used = Object.keys(services);
      if (used.length > 0) {
        throw new AppError('endpoint_in_use', `the endpoint is used by ${used.join(' and ')}`, {
          facts: { services: used },
        });
      }
      await change(call.ports, found, ['endpoint change', 'off'], () =>
        call.ports.connectivity.removeEndpoint(machine.resourceId),
      );
      return { status: 204 };
    },
  );

  defineRoute(
    provider,
    {
      name: 'putServiceConfiguration',
      method: 'PUT',
      route: serviceRoute,
      audience: 'user',
      applications: true,
      summary: 'Say to which local port a service may be reached',
      body: serviceConfigurationRequest,
      replies: { 200: serviceConfigurationReply, 400: problem, ...refusals },
    },
    async (call) => {
      const found = await machineToChange(call);
      const { resourceId } = found.machine;
      const service = requireService(call.parameter('service'));
      const { serviceName, port } = call.body.properties;
      if (serviceName !== service) {
        const errors = [
          { field: 'properties.serviceName', message: `must be ${service}, as in the address` },
        ];
        throw new AppError('invalid_request', 'properties.serviceName differs from the address', {
          facts: { errors },
        });
      }
      await change(call.ports, found, ['service change', `${service} on port ${port}`], () =>
        call.ports.connectivity.putServiceConfiguration(resourceId, service, port),
      );
      return { body: viewService(resourceId, service, port) };
    },
  );

  defineRoute(
    provider,
    {
      name: 'getServiceConfiguration',
      method: 'GET',
      route: serviceRoute,
      audience: 'user',
      applications: true,
      summary: 'The configuration of a service',
      replies: { 200: serviceConfigurationReply, 401: problem, 404: problem },
    },
    async ({ ports, caller, parameter }) => {
      const { machine, etag } = await openMachine(ports, caller, parameter('id'));
      const service = requireService(parameter('service'));
      const port = (await ports.connectivity.findServiceConfigurations(machine.resourceId))?.[service];
      if (port === undefined)
        throw new AppError('not_found', `the endpoint has no service configuration ${service}`);
      return { headers: { etag }, body: viewService(machine.resourceId, service, port) };
    },
  );

  defineRoute(
    provider,
    {
      name: 'deleteServiceConfiguration',
      method: 'DELETE',
      route: serviceRoute,
      audience: 'user',
      applications: true,
      summary: 'Close a service',
      replies: { 204: undefined, ...refusals },
    },
    async (call) => {
      const found = await machineToChange(call);
      const { machine } = found;
      const service = requireService(call.parameter('service'));
      await change(call.ports, found, ['service change', `${service} off`], () =>
        call.ports.connectivity.removeServiceConfiguration(machine.resourceId, service),
      );
      // After it is closed, so that nobody opens one between.
      await revokeSessions(
        call.ports,
        { ...auditedCaller(call.caller, call.request), reason: 'service_closed' },
        machine.machineId,
        (session) => session.service === service,
      );
      return { status: 204 };
    },
  );
}

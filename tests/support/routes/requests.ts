import { newPrivateKeyPem, signCertificateRequest } from '#agent/certificate-request.ts';
import type { CallerName } from '#tools/routes/who-may-call.ts';
import type { MemoryPorts } from '../memory-ports.ts';
import { agentKey } from './callers.ts';
import { type Estate, leaseWishes, startLease } from './estate.ts';

export interface RouteRequest {
  params?: Readonly<Record<string, string>>;
  /** Behind the question mark. */
  query?: string;
  body?: object;
  /** What has to be so before, for the request to succeed. */
  prepare?(ports: MemoryPorts): void | Promise<void>;
}

const wac = { properties: { serviceName: 'WAC', port: 6516 } };

const requestOfKey = await signCertificateRequest(newPrivateKeyPem(), [
  `${'a'.repeat(26)}.wac.test`,
  `*.${'a'.repeat(26)}.wac.test`,
]);

/** A good request to each route that needs more than the ids of its path. */
const bodies: Readonly<Record<string, (estate: Estate, caller: CallerName) => RouteRequest>> = {
  portal: () => ({ params: { path: 'config.json' } }),
  agentPackage: () => ({ params: { file: 'manifest.json' } }),
  addMachine: ({ resourceId }) => ({ body: { resourceId } }),
  installExtension_put: () => ({ body: {} }),
  putEndpoint: () => ({ body: { properties: { type: 'default' } } }),
  putServiceConfiguration: () => ({ body: wac }),
  deleteEndpoint: ({ resourceId }) => ({
    prepare: ({ connectivity }) => void connectivity.endpoints.set(resourceId, {}),
  }),
  connect: () => ({ body: { service: 'WAC' } }),
  // The same again: it is answered with the open one.
  requestLease_post: () => ({ body: { ...leaseWishes } }),
  decideLease_post: () => ({ body: { approve: true } }),
  extendLease_post: (estate) => ({
    body: { minutes: 30, purpose: 'more of the same' },
    prepare: (ports) => startLease(ports, estate),
  }),
  endLease_delete: (estate) => ({ prepare: (ports) => startLease(ports, estate) }),
  setLeasePolicy_put: () => ({ body: { required: true } }),
  renewCertificate_post: () => ({ body: {} }),
  revokeCertificate_post: () => ({ body: { reason: 'superseded' } }),
  startDrill_post: () => ({ body: { reason: 'superseded', revoke: false } }),
  planFleetInstall_post: ({ resourceId }) => ({ body: { select: { resourceIds: [resourceId] } } }),
  beginFleetInstall_post: ({ resourceId }) => ({ body: { select: { resourceIds: [resourceId] } } }),
  changeFleetInstall_patch: () => ({ body: { status: 'paused' } }),
  agentEnrolment: ({ resourceId, enrolmentToken }, caller) => ({
    body: {
      resourceId,
      token: caller === 'agent' ? enrolmentToken : 'a token that is none of an install',
      signingKey: JSON.parse(agentKey) as object,
      encryptionKey: JSON.parse(agentKey) as object,
      agentVersion: '1.0.0',
    },
  }),
  agentCertificateRequest: () => ({ body: { id: 'issue-1', request: requestOfKey } }),
};

/** A good request to this route, about the objects of this estate. */
export function requestTo(name: string, estate: Estate, caller: CallerName) {
  const { machineId, sessionId, operationId, drillId, fleetInstallId, leaseId } = estate;
  const ids = { id: machineId, sessionId, operationId, drillId, fleetInstallId, leaseId, service: 'WAC' };
  const { params = {}, query = '', body = {}, prepare } = bodies[name]?.(estate, caller) ?? {};
  return { params: { ...ids, ...params }, query, body, prepare };
}

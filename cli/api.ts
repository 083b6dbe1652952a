import { z } from 'zod';
import {
  connectReply,
  type connectRequest,
  endpointReply,
  extensionReply,
  machineReply,
  meReply,
  operationReply,
  preconditionsReply,
  serviceConfigurationReply,
  sessionPendingReply,
  sessionReply,
} from '#shared/protocol/api.ts';
import {
  certificateReply,
  drillListReply,
  drillReply,
  type drillRequest,
  forecastReply,
  type renewalRequest,
  type revocationRequest,
} from '#shared/protocol/certificate-api.ts';
import { type EgressReply, egressReply } from '#shared/protocol/egress-api.ts';
import {
  type fleetInstallChange,
  fleetInstallListReply,
  fleetInstallReply,
  type fleetInstallRequest,
  fleetMachinesReply,
  fleetPlanReply,
  fleetReportReply,
} from '#shared/protocol/fleet-api.ts';
import { addressesReply, type installRequest, orphansReply } from '#shared/protocol/install-api.ts';
import { type machineListQuery, machineListReply, pageSizes } from '#shared/protocol/machine-list-api.ts';
import { endedSessionsReply, sessionListReply } from '#shared/protocol/session-api.ts';
import { createAccessApi } from './api-access.ts';
import { type Asked, machinePath, withQuery } from './api-paths.ts';
import type { Call } from './http-client.ts';

const sessionPath = (id: string, sessionId: string) =>
  `${machinePath(id)}/sessions/${encodeURIComponent(sessionId)}`;

const endpointPath = (id: string) => `${machinePath(id)}/endpoint`;
const servicePath = (id: string, service: Service) => `${endpointPath(id)}/serviceConfigurations/${service}`;

const certificatePath = (id: string) => `${machinePath(id)}/certificate`;
const operationPath = (id: string) => `/api/operations/${encodeURIComponent(id)}`;
const fleetPath = (id: string) => `/api/fleet-installs/${encodeURIComponent(id)}`;
/** Every machine is looked at first. The front end of Azure Functions waits no longer than this. */
const planPatienceMs = 230_000;
const drillPath = (id: string) => `/api/certificates/drills/${encodeURIComponent(id)}`;

/** Machines that are asked for, and after which page. */
export type MachineQuestion = Asked<Omit<z.input<typeof machineListQuery>, 'top'>>;

export type Api = ReturnType<typeof createApi>;
export type Service = z.output<typeof connectRequest>['service'];

/** The routes of the HTTP API that commands use, each with the schema of its reply. */
export const createApi = (call: Call) => ({
  me: () => call('GET', '/api/me', meReply),
  /** One page, as long as they come. */
  listMachines: (question: MachineQuestion) =>
    call(
      'GET',
      withQuery('/api/machines', { ...question, top: String(pageSizes.maximum) }),
      machineListReply,
    ),
  addMachine: (resourceId: string) => call('POST', '/api/machines', machineReply, { resourceId }),
  getMachine: (id: string) => call('GET', machinePath(id), machineReply),
  getPreconditions: (id: string, wish: Asked<{ direct: string; port: string }>) =>
    call('GET', withQuery(`${machinePath(id)}/preconditions`, wish), preconditionsReply),
  install: (id: string, wishes: z.input<typeof installRequest>) =>
    call('PUT', `${machinePath(id)}/extension`, operationReply, wishes),
  getExtension: (id: string) => call('GET', `${machinePath(id)}/extension`, extensionReply),
  repair: (id: string) => call('POST', `${machinePath(id)}/repairs`, operationReply),
  listAddresses: (id: string, port: string | undefined) =>
    call('GET', withQuery(`${machinePath(id)}/addresses`, { port }), addressesReply),
  listOrphans: () => call('GET', '/api/orphans', orphansReply),
  uninstall: (id: string) => call('DELETE', `${machinePath(id)}/extension`, operationReply),
  getOperation: (id: string) => call('GET', operationPath(id), operationReply),
  putEndpoint: (id: string) =>
    call('PUT', endpointPath(id), endpointReply, { properties: { type: 'default' } }),
  deleteEndpoint: (id: string) => call('DELETE', endpointPath(id), z.undefined()),
  putService: (id: string, service: Service, port: number) =>
    call('PUT', servicePath(id, service), serviceConfigurationReply, {
      properties: { serviceName: service, port },
    }),
  deleteService: (id: string, service: Service) => call('DELETE', servicePath(id, service), z.undefined()),
  cancelOperation: (id: string) => call('DELETE', operationPath(id), operationReply),
  getCertificate: (id: string) => call('GET', certificatePath(id), certificateReply),
  renew: (id: string, keys: z.input<typeof renewalRequest>['keys']) =>
    call('POST', `${certificatePath(id)}/renewals`, operationReply, keys === undefined ? {} : { keys }),
  revoke: (id: string, reason: z.input<typeof revocationRequest>['reason']) =>
    call('POST', `${certificatePath(id)}/revocations`, operationReply, { reason }),
  getForecast: () => call('GET', '/api/certificates/forecast', forecastReply),
  getEgress: (wanted: Asked<{ role: EgressReply['role'] & string; region: string }>) =>
    call('GET', withQuery('/api/egress', wanted), egressReply),
  startDrill: (wishes: z.input<typeof drillRequest>) =>
    call('POST', '/api/certificates/drill', drillReply, wishes),
  listDrills: () => call('GET', '/api/certificates/drills', drillListReply),
  getDrill: (id: string) => call('GET', drillPath(id), drillReply),
  cancelDrill: (id: string) => call('DELETE', drillPath(id), drillReply),
  planFleetInstall: (request: z.input<typeof fleetInstallRequest>) =>
    call('POST', '/api/fleet-installs/plans', fleetPlanReply, request, planPatienceMs),
  beginFleetInstall: (request: z.input<typeof fleetInstallRequest>) =>
    call('POST', '/api/fleet-installs', fleetInstallReply, request, planPatienceMs),
  listFleetInstalls: () => call('GET', '/api/fleet-installs', fleetInstallListReply),
  getFleetInstall: (id: string) => call('GET', fleetPath(id), fleetInstallReply),
  changeFleetInstall: (id: string, status: z.input<typeof fleetInstallChange>['status']) =>
    call('PATCH', fleetPath(id), fleetInstallReply, { status }),
  listFleetMachines: (id: string) => call('GET', `${fleetPath(id)}/machines`, fleetMachinesReply),
  getFleetReport: (id: string) => call('GET', `${fleetPath(id)}/report?format=json`, fleetReportReply),
  getFleetTable: (id: string) => call('GET', `${fleetPath(id)}/report?format=csv`, z.string()),
  connect: (id: string, service: Service) =>
    call('POST', `${machinePath(id)}/sessions`, z.union([connectReply, sessionPendingReply]), { service }),
  getSession: (id: string, sessionId: string) => call('GET', sessionPath(id, sessionId), sessionReply),
  listSessions: (id: string, wanted: { ended?: 'true' | undefined }) =>
    call('GET', withQuery(`${machinePath(id)}/sessions`, wanted), sessionListReply),
  listAllSessions: (wanted: { ended?: 'true' | undefined }) =>
    call('GET', withQuery('/api/sessions', wanted), sessionListReply),
  revokeSession: (id: string, sessionId: string) => call('DELETE', sessionPath(id, sessionId), z.undefined()),
  revokeSessions: (id: string) => call('DELETE', `${machinePath(id)}/sessions`, endedSessionsReply),
  ...createAccessApi(call),
});

import type { RouteRow, RuleName } from './who-may-call.ts';

const row = (name: string, call: string, may: RuleName): RouteRow => ({ name, call, may });
/** The same for programs too. */
const open = (name: string, call: string, may: RuleName): RouteRow => ({
  ...row(name, call, may),
  applications: true,
});

/** Who may call what, one line for each route: written by hand, and held against the app by a test. */
export const routeTable: readonly RouteRow[] = [
  row('homePage', 'GET /', 'anyone'),
  row('portal', 'GET /portal/{*path}', 'anyone'),
  row('health', 'GET /api/health', 'anyone'),
  row('openapi', 'GET /api/openapi.json', 'anyone'),

  open('getMe', 'GET /api/me', 'signed in'),
  open('getEgress', 'GET /api/egress', 'signed in'),

  open('listMachines', 'GET /api/machines', 'signed in'),
  open('addMachine', 'POST /api/machines', 'see'),
  open('getMachine', 'GET /api/machines/{id}', 'see'),
  open('getPreconditions', 'GET /api/machines/{id}/preconditions', 'see'),
  open('getAddresses', 'GET /api/machines/{id}/addresses', 'see'),
  open('getAccess', 'GET /api/machines/{id}/access', 'see'),
  open('listAccessPeople', 'GET /api/machines/{id}/access/people', 'read access'),
  open('listOrphans', 'GET /api/orphans', 'signed in'),

  open('installExtension_put', 'PUT /api/machines/{id}/extension', 'install'),
  open('getExtension', 'GET /api/machines/{id}/extension', 'see'),
  open('uninstallExtension_delete', 'DELETE /api/machines/{id}/extension', 'install'),
  open('repairExtension_post', 'POST /api/machines/{id}/repairs', 'install'),
  open('getOperation', 'GET /api/operations/{operationId}', 'see'),
  open('cancelOperation_delete', 'DELETE /api/operations/{operationId}', 'install'),

  open('putEndpoint', 'PUT /api/machines/{id}/endpoint', 'install'),
  open('getEndpoint', 'GET /api/machines/{id}/endpoint', 'see'),
  open('deleteEndpoint', 'DELETE /api/machines/{id}/endpoint', 'install'),
  open(
    'putServiceConfiguration',
    'PUT /api/machines/{id}/endpoint/serviceConfigurations/{service}',
    'install',
  ),
  open('getServiceConfiguration', 'GET /api/machines/{id}/endpoint/serviceConfigurations/{service}', 'see'),
  open(
    'deleteServiceConfiguration',
    'DELETE /api/machines/{id}/endpoint/serviceConfigurations/{service}',
    'install',
  ),

  row('connect', 'POST /api/machines/{id}/sessions', 'connect'),
  open('listMachineSessions', 'GET /api/machines/{id}/sessions', 'see'),
  open('revokeSessions', 'DELETE /api/machines/{id}/sessions', 'install or approve'),
  open('getSession', 'GET /api/machines/{id}/sessions/{sessionId}', 'own session'),
  open('revokeSession', 'DELETE /api/machines/{id}/sessions/{sessionId}', 'own session'),
  open('listSessions', 'GET /api/sessions', 'signed in'),

  row('requestLease_post', 'POST /api/machines/{id}/leases', 'connect'),
  open('listMachineLeases', 'GET /api/machines/{id}/leases', 'see'),
  open('getLease', 'GET /api/machines/{id}/leases/{leaseId}', 'own lease'),
  row('endLease_delete', 'DELETE /api/machines/{id}/leases/{leaseId}', 'own lease'),
  row('decideLease_post', 'POST /api/machines/{id}/leases/{leaseId}/decision', 'decide lease'),
  row('extendLease_post', 'POST /api/machines/{id}/leases/{leaseId}/extensions', 'extend lease'),
  open('listLeases', 'GET /api/leases', 'signed in'),
  open('getLeasePolicy', 'GET /api/machines/{id}/lease-policy', 'see'),
  row('setLeasePolicy_put', 'PUT /api/machines/{id}/lease-policy', 'approve'),

  open('listAudit', 'GET /api/machines/{id}/audit', 'audit'),
  open('verifyAudit', 'GET /api/machines/{id}/audit/verify', 'audit'),
  open('exportAudit', 'GET /api/machines/{id}/audit/export', 'audit'),
  open('listAuditedMachines', 'GET /api/audit/machines', 'signed in'),

  open('getCertificate', 'GET /api/machines/{id}/certificate', 'see'),
  open('renewCertificate_post', 'POST /api/machines/{id}/certificate/renewals', 'install'),
  open('revokeCertificate_post', 'POST /api/machines/{id}/certificate/revocations', 'install'),
  open('getForecast', 'GET /api/certificates/forecast', 'signed in'),
  open('startDrill_post', 'POST /api/certificates/drill', 'install somewhere'),
  open('listDrills', 'GET /api/certificates/drills', 'install somewhere'),
  open('getDrill', 'GET /api/certificates/drills/{drillId}', 'install somewhere'),
  open('cancelDrill_delete', 'DELETE /api/certificates/drills/{drillId}', 'install somewhere'),

  open('planFleetInstall_post', 'POST /api/fleet-installs/plans', 'each by itself'),
  open('beginFleetInstall_post', 'POST /api/fleet-installs', 'each by itself'),
  open('listFleetInstalls', 'GET /api/fleet-installs', 'own fleet install'),
  open('getFleetInstall', 'GET /api/fleet-installs/{fleetInstallId}', 'own fleet install'),
  open('changeFleetInstall_patch', 'PATCH /api/fleet-installs/{fleetInstallId}', 'own fleet install'),
  open('listFleetInstallMachines', 'GET /api/fleet-installs/{fleetInstallId}/machines', 'own fleet install'),
  open('exportFleetInstall', 'GET /api/fleet-installs/{fleetInstallId}/report', 'own fleet install'),

  row('agentPackage', 'GET /api/agent/package/{file}', 'anyone'),
  row('agentEnrolment', 'POST /api/agent/enrolment', 'enrolment'),
  row('agentState', 'GET /api/agent/state', 'agent'),
  row('agentCertificate', 'GET /api/agent/certificate', 'agent'),
  row('agentTokens', 'POST /api/agent/tokens', 'agent'),
  row('agentCertificateRequest', 'PUT /api/agent/certificate-request', 'agent'),
  row('proxyState', 'GET /api/proxy/state', 'proxy'),
];

import { beforeAll, describe, expect, it, vi } from 'vitest';
import { type HttpFunction, httpFunctions } from '../../support/function-app.ts';
import { environment } from '../../support/memory-ports.ts';

interface ApiDescription {
  openapi: string;
  paths: Record<string, Record<string, { operationId: string; security: object[]; responses: object }>>;
}

let functions: HttpFunction[];
let description: ApiDescription;

/** The whole app, registered by its own entry. */
beforeAll(async () => {
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
  await import('#functions/main.ts');
  const { describeApi } = await import('#functions/http/description.ts');
  functions = httpFunctions();
  description = describeApi() as ApiDescription;
});

/** Answer no JSON, or not for programs: not described. */
const undescribed = ['homePage', 'portal', 'agentPackage'];

type Segment = { kind: 'literal'; text: string } | { kind: 'parameter' } | { kind: 'rest' };

const segmentsOf = (route: string): Segment[] =>
  route
    .split('/')
    // `{ignored:maxlength(0)?}` matches the empty path alone.
    .filter((part) => !part.includes('maxlength(0)'))
    .map((part) =>
      part.startsWith('{*')
        ? { kind: 'rest' }
        : part.startsWith('{')
          ? { kind: 'parameter' }
          : { kind: 'literal', text: part.toLowerCase() },
    );

/** Whether some path matches both templates. */
function overlap([one, ...restOfOne]: Segment[], [other, ...restOfOther]: Segment[]): boolean {
  if (one?.kind === 'rest' || other?.kind === 'rest') return true;
  if (!one || !other) return one === other;
  const same = one.kind !== 'literal' || other.kind !== 'literal' || one.text === other.text;
  return same && overlap(restOfOne, restOfOther);
}

const collisions = (all: readonly Pick<HttpFunction, 'name' | 'route' | 'methods'>[]) =>
  all.flatMap((one, index) =>
    all
      .slice(index + 1)
      .filter(({ methods }) => methods.some((method) => one.methods.includes(method)))
      .filter(({ route }) => overlap(segmentsOf(one.route), segmentsOf(route)))
      .map((other) => `${one.name} and ${other.name}`),
  );

describe('the routes', () => {
  it('are these, each with its function', () => {
    const lines = functions.map(({ methods, route, name }) => `${methods.join()} /${route} ${name}`);
    expect(lines.toSorted()).toEqual([
      'DELETE /api/certificates/drills/{drillId} cancelDrill_delete',
      'DELETE /api/machines/{id}/endpoint deleteEndpoint',
      'DELETE /api/machines/{id}/endpoint/serviceConfigurations/{service} deleteServiceConfiguration',
      'DELETE /api/machines/{id}/extension uninstallExtension_delete',
      'DELETE /api/machines/{id}/leases/{leaseId} endLease_delete',
      'DELETE /api/machines/{id}/sessions revokeSessions',
      'DELETE /api/machines/{id}/sessions/{sessionId} revokeSession',
      'DELETE /api/operations/{operationId} cancelOperation_delete',
      'GET /api/agent/certificate agentCertificate',
      'GET /api/agent/package/{file} agentPackage',
      'GET /api/agent/state agentState',
      'GET /api/audit/machines listAuditedMachines',
      'GET /api/certificates/drills listDrills',
      'GET /api/certificates/drills/{drillId} getDrill',
      'GET /api/certificates/forecast getForecast',
      'GET /api/egress getEgress',
      'GET /api/fleet-installs listFleetInstalls',
      'GET /api/fleet-installs/{fleetInstallId} getFleetInstall',
      'GET /api/fleet-installs/{fleetInstallId}/machines listFleetInstallMachines',
      'GET /api/fleet-installs/{fleetInstallId}/report exportFleetInstall',
      'GET /api/health health',
      'GET /api/leases listLeases',
      'GET /api/machines listMachines',
      'GET /api/machines/{id} getMachine',
      'GET /api/machines/{id}/access getAccess',
      'GET /api/machines/{id}/access/people listAccessPeople',
      'GET /api/machines/{id}/addresses getAddresses',
      'GET /api/machines/{id}/audit listAudit',
      'GET /api/machines/{id}/audit/export exportAudit',
      'GET /api/machines/{id}/audit/verify verifyAudit',
      'GET /api/machines/{id}/certificate getCertificate',
      'GET /api/machines/{id}/endpoint getEndpoint',
      'GET /api/machines/{id}/endpoint/serviceConfigurations/{service} getServiceConfiguration',
      'GET /api/machines/{id}/extension getExtension',
      'GET /api/machines/{id}/lease-policy getLeasePolicy',
      'GET /api/machines/{id}/leases listMachineLeases',
      'GET /api/machines/{id}/leases/{leaseId} getLease',
      'GET /api/machines/{id}/preconditions getPreconditions',
      'GET /api/machines/{id}/sessions listMachineSessions',
      'GET /api/machines/{id}/sessions/{sessionId} getSession',
      'GET /api/me getMe',
      'GET /api/openapi.json openapi',
      'GET /api/operations/{operationId} getOperation',
      'GET /api/orphans listOrphans',
      'GET /api/proxy/state proxyState',
      'GET /api/sessions listSessions',
      'GET /portal/{*path} portal',
      'GET /{ignored:maxlength(0)?} homePage',
      'PATCH /api/fleet-installs/{fleetInstallId} changeFleetInstall_patch',
      'POST /api/agent/enrolment agentEnrolment',
      'POST /api/agent/tokens agentTokens',
      'POST /api/certificates/drill startDrill_post',
      'POST /api/fleet-installs beginFleetInstall_post',
      'POST /api/fleet-installs/plans planFleetInstall_post',
      'POST /api/machines addMachine',
      'POST /api/machines/{id}/certificate/renewals renewCertificate_post',
      'POST /api/machines/{id}/certificate/revocations revokeCertificate_post',
      'POST /api/machines/{id}/leases requestLease_post',
      'POST /api/machines/{id}/leases/{leaseId}/decision decideLease_post',
      'POST /api/machines/{id}/leases/{leaseId}/extensions extendLease_post',
      'POST /api/machines/{id}/repairs repairExtension_post',
      'POST /api/machines/{id}/sessions connect',
      'PUT /api/agent/certificate-request agentCertificateRequest',
      'PUT /api/machines/{id}/endpoint putEndpoint',
      'PUT /api/machines/{id}/endpoint/serviceConfigurations/{service} putServiceConfiguration',
      'PUT /api/machines/{id}/extension installExtension_put',
      'PUT /api/machines/{id}/lease-policy setLeasePolicy_put',
    ]);
  });

  it('leave the guard to the app: none of them has a key of the host', () => {
    expect(functions.filter(({ authLevel }) => authLevel !== 'anonymous')).toEqual([]);
  });

  it.each([
    ['api/machines/{id}', 'api/machines/all', true],
    ['api/machines/{id}', 'API/Machines/{name}', true],
    ['portal/{*path}', 'portal/config.json', true],
    ['portal/{*path}', 'portal', true],
    ['api/machines/{id}', 'api/machines', false],
    ['api/machines/{id}/extension', 'api/machines/{id}/endpoint', false],
    ['{ignored:maxlength(0)?}', 'api', false],
  ])('would collide, were they %s and %s: %s', (one, other, expected) => {
    const methods = ['GET'];
    const pair = [
      { name: 'one', route: one, methods },
      { name: 'other', route: other, methods },
    ];
    expect(collisions(pair)).toEqual(expected ? ['one and other'] : []);
  });

  it('never match one request twice', () => {
    expect(collisions(functions)).toEqual([]);
  });
});

describe('the description of the API', () => {
  it('has every route, by the name of its function', () => {
    const described = Object.entries(description.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(
        ([method, { operationId }]) => `${method.toUpperCase()} ${path} ${operationId}`,
      ),
    );
    const registered = functions
      .filter(({ name }) => !undescribed.includes(name))
      .map(({ methods, route, name }) => `${methods.join()} /${route} ${name}`);
    expect(registered.length).toBeGreaterThan(20);
    expect(described.toSorted()).toEqual(registered.toSorted());
  });

  it('says who may call: anyone may only read health and the description', () => {
    const open = Object.entries(description.paths).flatMap(([path, methods]) =>
      Object.values(methods).flatMap(({ operationId, security }) =>
        security.length === 0 ? [`${path} ${operationId}`] : [],
      ),
    );
    expect(open).toEqual(['/api/health health', '/api/openapi.json openapi']);
  });

  it('has replies for each, and the problems of a route that asks who calls', () => {
    const guarded = Object.values(description.paths)
      .flatMap((methods) => Object.values(methods))
      .filter(({ security, operationId }) => security.length > 0 && operationId !== 'agentEnrolment');
    const silent = guarded.filter(({ responses }) => !Object.hasOwn(responses, '401'));
    expect(silent).toEqual([]);
  });

  it('is JSON as it stands', () => {
    expect(JSON.parse(JSON.stringify(description))).toEqual(description);
    expect(description.openapi).toBe('3.0.3');
  });
});

import type { TokenCredential } from '@azure/identity';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { explainAccess } from '#functions/explain-access.ts';
import { registerAccessPeople } from '#functions/http/access-people.ts';
import type { AppPorts } from '#functions/ports.ts';
import { rememberRoles } from '#functions/remembered-roles.ts';
import { createEntra, type Entra } from '#local/entra/entra.ts';
import { systemClock } from '#local/kit/clock.ts';
import { openStore } from '#local/kit/store.ts';
import { createTokenVerifier } from '#local/kit/tokens.ts';
import { createResourceManager, type ResourceManager } from '#local/resource-manager/resource-manager.ts';
import * as sample from '#local/samples/sample-data.ts';
import { seedResources } from '#local/samples/seeds.ts';
import { createArmClient } from '#shared/adapters/azure/arm-client.ts';
import { createArmHybridConnectivity } from '#shared/adapters/azure/arm-hybrid-connectivity.ts';
import { createArmRolePeople } from '#shared/adapters/azure/arm-role-people.ts';
import { createArmRoleReader } from '#shared/adapters/azure/arm-role-reader.ts';
import { createGraphPrincipalNames } from '#shared/adapters/azure/graph-principal-names.ts';
import type { MachineDocument } from '#shared/domain/documents.ts';
import { type AccessPeopleReply, accessPeopleReply, accessReply } from '#shared/protocol/access-api.ts';
import { azureCallOf } from '../../support/azure-command-line.ts';
import { callFunction } from '../../support/function-app.ts';
import { createMemoryPorts } from '../../support/memory-ports.ts';
import { machineId } from '../../support/sample-machine.ts';
import { trustedTls } from '../entra/tenant.ts';

const [server] = sample.sampleMachines;
const resourceId = server?.resourceId ?? '';
const machine: MachineDocument = {
  type: 'machine',
  machineId,
  resourceId,
  kind: 'arc',
  displayName: 'server-01',
  subscriptionId: sample.subscriptionId,
};
const accountOf = (name: string): sample.SamplePerson => {
  const account = sample.accounts.find(({ displayName }) => displayName === name);
  if (!account) throw new Error(`there is no sample account ${name}`);
  return account;
};

let entra: Entra;
let arm: ResourceManager;
let ports: AppPorts;
registerAccessPeople(() => ports);

/** A token of the app's identity, or of somebody else, for whatever audience. */
const credentialOf = (oid: string, idtyp?: string): TokenCredential => ({
  async getToken(scopes) {
    const aud = String(scopes).replace('/.default', '');
    const roles = entra.appRolesOf(oid, aud);
    const token = await entra.mint({ aud, oid, ...(idtyp && { idtyp }), roles });
    return { token, expiresOnTimestamp: Date.now() + 3_600_000 };
  },
});

beforeAll(async () => {
  const common = { clock: systemClock, store: openStore(':memory:'), port: 0 };
  const tls = await trustedTls('login.localhost', 'graph.localhost', 'arm.localhost');
  entra = await createEntra({
    ...common,
    tls,
    tenantId: sample.tenantId,
    accounts: sample.accounts,
    groups: sample.groups,
    applications: sample.applicationsFor('http://127.0.0.1:7071'),
    servicePrincipals: sample.servicePrincipals,
    appRoleAssignments: sample.appRoleAssignments,
  });
  arm = await createResourceManager({
    ...common,
    tls,
    store: openStore(':memory:'),
    verifyToken: createTokenVerifier({ keys: entra.jwks, issuers: entra.issuers, clock: systemClock }),
    tenantId: sample.tenantId,
    subscriptionId: sample.subscriptionId,
    seed: seedResources(),
    groupsOf: entra.groupsOf,
    isGroup: entra.isGroup,
  });
  const credential = credentialOf(sample.principals.app, 'app');
  const client = createArmClient({
    endpoint: arm.origin,
    audience: 'https://management.azure.com',
    credential,
  });
  const memory = createMemoryPorts(systemClock);
  await memory.store.commit(machineId, [{ create: machine }]);
  const reader = accountOf('Reader');
  memory.callers.set('reader', {
    id: reader.objectId,
    name: reader.userPrincipalName,
    tenantId: sample.tenantId,
    isApplication: false,
    roles: [],
  });
  ports = {
    ...memory.ports,
    roles: rememberRoles(createArmRoleReader({ arm: client }), Date.now),
    roleDirectory: createArmRolePeople({ arm: client }),
    principals: createGraphPrincipalNames({
      endpoint: `https://graph.localhost:${entra.port}`,
      credential,
      now: Date.now,
    }),
    connectivity: createArmHybridConnectivity({ arm: client }),
  };
});
afterAll(() => Promise.all([arm.close(), entra.close()]));

const explainTo = async (name: string) =>
  accessReply.parse(await explainAccess(ports, machine, { id: accountOf(name).objectId }));
const rightOf = async (name: string, right: string) => {
  const found = (await explainTo(name)).rights.find((one) => one.right === right);
  if (!found) throw new Error(`${right} is a right`);
  return found;
};

/** Runs what is advised as the person who is told to. */
async function run(line: string | undefined, oid: string): Promise<number> {
  const { method, path, body } = azureCallOf(line ?? '');
  const { token = '' } = (await credentialOf(oid).getToken('https://management.azure.com/.default')) ?? {};
  const { status } = await fetch(`${arm.origin}${path}`, {
    method: method.toUpperCase(),
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return status;
}

describe('the sample people on a machine', () => {
  it.each([
    ['Administrator', 'see install connect-wac read-access'],
    ['Operator', 'see install connect-wac read-access'],
    ['Owner', 'see install approve read-access'],
    ['Stranger', ''],
    ['Reader', 'see read-access'],
    ['Installer', 'see install read-access'],
    ['Approver', 'see approve read-access'],
    ['Auditor', ''],
    ['Help desk agent', 'see install connect-wac read-access'],
    ['On call', 'see read-access'],
    ['Contractor', 'see read-access'],
  ])('%s holds: %s', async (name, expected) => {
    const { rights, principal } = await explainTo(name);
    expect(rights.flatMap(({ allowed, right }) => (allowed ? right : [])).join(' ')).toBe(expected);
    expect(principal).toMatchObject({ kind: 'user', name: accountOf(name).userPrincipalName });
  });

  it('come through the group that holds the role, however deep they are in it', async () => {
    const [group] = sample.groups.filter(({ roles }) => roles.length > 0);
    expect((await rightOf('Help desk agent', 'connect-wac')).grantedBy).toMatchObject([
      {
        role: 'Windows Admin Center Administrator Login',
        scopeKind: 'resource group',
        through: { id: group?.objectId, kind: 'group', name: 'Server operators' },
      },
    ]);
  });

  it('are groups too, which hold what is assigned to them', async () => {
    const [group] = sample.groups.filter(({ roles }) => roles.length > 0);
    const asked = { id: group?.objectId ?? '' };
    const { principal, rights } = accessReply.parse(await explainAccess(ports, machine, asked));
    expect(principal).toMatchObject({ kind: 'group', name: 'Server operators' });
    expect(rights.filter(({ allowed }) => allowed).map(({ right }) => right)).toContain('connect-wac');
    const nobody = await ports.roles.rolesIn(asked.id, sample.subscriptionId);
    expect(nobody.grants).toEqual([]);
  });

  it('are listed with what they hold, groups and eligible ones too', async () => {
    const { body } = await callFunction('listAccessPeople', {
      params: { id: machineId },
      headers: { authorization: 'Bearer reader' },
    });
    const { value }: AccessPeopleReply = accessPeopleReply.parse(body);
    const connecting = value.filter(({ rights }) => rights.includes('connect-wac'));
    const nameOf = ({ principal }: (typeof value)[number]) => (principal.name ?? '').replace(/@.*/, '');
    expect(new Set(connecting.map(nameOf))).toEqual(
      new Set(['administrator', 'operator', 'Server operators', 'on-call', 'contractor']),
    );
    expect(connecting.filter(({ eligible }) => eligible).map(nameOf)).toEqual(['on-call']);
    expect(connecting.filter(({ condition }) => condition !== undefined).map(nameOf)).toEqual(['contractor']);
  });
});

describe('what is advised', () => {
  const owner = accountOf('Owner').objectId;

  it.each([
    ['Stranger', 'see'],
    ['Reader', 'install'],
    ['Reader', 'connect-wac'],
    ['Reader', 'connect-ssh'],
    ['Reader', 'approve'],
    ['Auditor', 'read-access'],
    ['Contractor', 'connect-wac'],
  ])('gives %s the right %s once it was run', async (name, right) => {
    const before = await rightOf(name, right);
    expect(before.allowed).toBe(false);
    expect(await run(before.mend?.commands[0], owner)).toBe(201);
    expect((await rightOf(name, right)).allowed).toBe(true);
  });

  it('requirement 96: activates what is eligible, until its time, by the person alone', async () => {
    const before = await rightOf('On call', 'connect-wac');
    expect(before).toMatchObject({ allowed: false, passedOver: [{ why: 'eligible' }] });
    const [line] = before.mend?.commands ?? [];
    expect(await run(line, owner)).toBe(403);
    expect(await run(line, accountOf('On call').objectId)).toBe(201);
    const after = await rightOf('On call', 'connect-wac');
    expect(after).toMatchObject({ allowed: true, grantedBy: [{ scopeKind: 'resource' }] });
    const [given] = after.grantedBy;
    const minutes = (Date.parse(given?.endsAt ?? '') - Date.now()) / 60_000;
    expect(minutes).toBeGreaterThan(58);
    expect(minutes).toBeLessThanOrEqual(60);
  });

  it('opens endpoint and configuration', async () => {
    const conditionOf = async (name: string) => {
      const { services } = await explainTo('Operator');
      const wac = services.find(({ service }) => service === 'WAC');
      return wac?.conditions.find(({ condition }) => condition === name);
    };
    const register = await fetch(
      `${arm.origin}/subscriptions/${sample.subscriptionId}/providers/Microsoft.HybridConnectivity/register?api-version=2021-04-01`,
      {
        method: 'POST',
        headers: {
          authorization: `Bearer ${(await credentialOf(owner).getToken('https://management.azure.com/.default'))?.token}`,
        },
      },
    );
    expect(register.status).toBe(200);
    for (const name of ['endpoint', 'configuration']) {
      const before = await conditionOf(name);
      expect(before?.met).toBe(false);
      const runs = async () => run(before?.mend?.commands[0], owner);
      await expect.poll(runs, { timeout: 5_000 }).toBeLessThan(300);
      expect(await conditionOf(name)).toMatchObject({ met: true });
    }
  });
});

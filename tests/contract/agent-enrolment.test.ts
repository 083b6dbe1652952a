import { exportJWK, generateKeyPair } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { registerAgentEnrolment } from '#functions/http/agent-enrolment.ts';
import { createCallerVerifier } from '#functions/http/authorization.ts';
import { createManualClock, type ManualClock } from '#local/kit/clock.ts';
import { AppError } from '#shared/domain/error.ts';
import { machineIdOf } from '#shared/domain/machine-name.ts';
import { callFunction } from '../support/function-app.ts';
import { type Claims, type IdentityIssuer, startIdentityIssuer } from '../support/identity-issuer.ts';
import { createMemoryPorts, type MemoryPorts, subscriptionId } from '../support/memory-ports.ts';
import { addMachine, machineId, resourceId } from '../support/sample-machine.ts';

const durable = vi.hoisted(() => ({ started: [] as { name: string; input: object }[] }));
vi.mock('durable-functions', async (importOriginal) => ({
  ...(await importOriginal<object>()),
  getClient: () => ({
    async startNew(name: string, { input }: { input: object }) {
      durable.started.push({ name, input });
    },
    async getStatus() {
      return { runtimeStatus: 'Running' };
    },
  }),
}));

const group = `/subscriptions/${subscriptionId}/resourceGroups/rg-local/providers`;
const theirs = { state: 'succeeded', port: 7443, salt: 'chosen by somebody else' } as const;

let issuer: IdentityIssuer;
let clock: ManualClock;
let memory: MemoryPorts;
registerAgentEnrolment(() => memory.ports);

beforeAll(async () => {
  issuer = await startIdentityIssuer(() => clock.now());
});
afterAll(() => issuer.stop());

beforeEach(() => {
  durable.started.length = 0;
  clock = createManualClock(Date.parse('2026-10-01T12:00:00Z'));
  memory = createMemoryPorts(clock);
  const settings = { ...memory.ports.settings, ADMIN_CENTER_AUTHORITY: issuer.authority };
  memory.ports.callers = createCallerVerifier(settings, memory.ports.now);
  memory.extension.states.set(resourceId, theirs);
});

/** The machine in ARM; not on our record. */
async function onlyInAzure(): Promise<void> {
  await addMachine(memory);
  await memory.store.commit(machineId, [{ remove: 'machine' }]);
}

const identityOf = (claims: Claims = {}) => issuer.issue(claims);

async function publicKey() {
  const { publicKey: key } = await generateKeyPair('ES256', { extractable: true });
  const { kty, crv, x, y } = await exportJWK(key);
  return { kty, crv, x, y };
}
const newKeys = async () => ({ signingKey: await publicKey(), encryptionKey: await publicKey() });

async function enrol(body: object) {
  const answer = await callFunction('agentEnrolment', {
    method: 'POST',
    path: '/api/agent/enrolment',
    body: JSON.stringify({ resourceId, agentVersion: '1.0.0', ...(await newKeys()), ...body }),
  });
  const told = typeof answer.body === 'string' ? (JSON.parse(answer.body) as unknown) : answer.body;
  return { ...answer, body: told as Record<string, unknown> };
}
const agent = async () => (await memory.store.read(machineId, 'agent'))?.document;
const refused = { status: 403, body: { code: 'enrolment_refused' } };

describe('an agent without a token', () => {
  it('requirement 53: enrols by the identity of its machine, which becomes known and is adopted', async () => {
    await onlyInAzure();
    const keys = await newKeys();
    const answer = await enrol({ identityToken: await identityOf(), ...keys });
    expect(answer).toMatchObject({ status: 200, body: { machineId } });
    expect(await agent()).toMatchObject({
      signingKey: JSON.stringify(keys.signingKey),
      enrolledBy: 'identity',
    });
    const found = await memory.store.read(machineId, 'machine');
    expect(found?.document).toMatchObject({ resourceId, kind: 'arc', currentOperation: { kind: 'install' } });
    expect(durable.started).toMatchObject([{ name: 'installExtension', input: { machineId, port: 7443 } }]);
  });

  it('is answered the same when it asks again with the same keys, and nothing begins twice', async () => {
    await onlyInAzure();
    const body = { identityToken: await identityOf(), ...(await newKeys()) };
    const first = await enrol(body);
    expect((await enrol(body)).body).toEqual(first.body);
    expect(durable.started).toHaveLength(1);
  });

  it.each([
    ['in another case', () => ({ xms_mirid: resourceId.toUpperCase() })],
    ['with a slash at its end', () => ({ xms_mirid: `${resourceId}/` })],
  ])('may name the machine %s', async (_, claims) => {
    await onlyInAzure();
    expect(await enrol({ identityToken: await identityOf(claims()) })).toMatchObject({ status: 200 });
  });

  it('may be a virtual machine of Azure, by the id of the machine', async () => {
    const id = `${group}/Microsoft.Compute/virtualMachines/vm-01`;
    await addMachine(memory);
    const facts = memory.resources.machines.get(resourceId.toLowerCase());
    if (facts) memory.resources.machines.set(id.toLowerCase(), facts);
    memory.extension.states.set(id, theirs);
    const answer = await enrol({ resourceId: id, identityToken: await identityOf({ xms_mirid: id }) });
    expect(answer).toMatchObject({ status: 200, body: { machineId: machineIdOf(id) } });
  });

  const confusions: [string, () => Claims][] = [
    ['of another machine', () => ({ xms_mirid: `${resourceId}2` })],
    ['of a machine whose id begins like this one', () => ({ xms_mirid: `${resourceId}/extensions/x` })],
    [
      'of an identity that was assigned to the machine',
      () => ({ xms_mirid: `${group}/Microsoft.ManagedIdentity/userAssignedIdentities/shared` }),
    ],
    ['of an application that is no machine', () => ({ xms_mirid: undefined })],
    ['of a user', () => ({ idtyp: undefined, scp: 'user_impersonation' })],
    ['of a user that names the machine', () => ({ idtyp: 'user', scp: 'user_impersonation' })],
    ['for Azure Resource Manager', () => ({ aud: 'https://management.azure.com' })],
    ['of yesterday', () => ({ exp: clock.now() / 1000 - 61 })],
    ['of tomorrow', () => ({ nbf: clock.now() / 1000 + 61 })],
    ['of another tenant', () => ({ tid: '00000000-0000-4000-8000-0000000000ff' })],
    ['by another issuer', () => ({ iss: 'https://sts.windows.net/00000000-0000-4000-8000-0000000000ff/' })],
  ];
  it.each(confusions)('is refused with a token %s', async (_, claims) => {
    await onlyInAzure();
    expect(await enrol({ identityToken: await identityOf(claims()) })).toMatchObject(refused);
    expect(await agent()).toBeUndefined();
    expect(await memory.store.read(machineId, 'machine')).toBeUndefined();
  });

  it('is refused with a token that nobody signed, or somebody else', async () => {
    await onlyInAzure();
    expect(await enrol({ identityToken: issuer.leaveUnsigned() })).toMatchObject(refused);
    expect(await enrol({ identityToken: await issuer.forge() })).toMatchObject(refused);
    expect(await agent()).toBeUndefined();
  });

  it('is refused when the subscription is of another tenant than the token', async () => {
    await onlyInAzure();
    memory.ports.resources.tenantOf = async () => '00000000-0000-4000-8000-0000000000ff';
    expect(await enrol({ identityToken: await identityOf() })).toMatchObject(refused);
  });

  it('is refused for what is no machine that can be managed', async () => {
    const id = `${group}/Microsoft.Compute/virtualMachineScaleSets/set/virtualMachines/0`;
    const answer = await enrol({ resourceId: id, identityToken: await identityOf({ xms_mirid: id }) });
    expect(answer).toMatchObject({ status: 400, body: { errors: [{ field: 'resourceId' }] } });
  });

  it('is refused where Azure Resource Manager has no such machine, or no extension on it', async () => {
    const identityToken = await identityOf();
    expect(await enrol({ identityToken })).toMatchObject(refused);
    await onlyInAzure();
    for (const state of ['absent', 'deleting'] as const) {
      memory.extension.states.set(resourceId, { state });
      expect(await enrol({ identityToken })).toMatchObject(refused);
    }
    expect(await memory.store.read(machineId, 'machine')).toBeUndefined();
  });

  it('is told that the sign-in service is away, which is no refusal', async () => {
    const settings = { ...memory.ports.settings, ADMIN_CENTER_AUTHORITY: 'http://127.0.0.1:9' };
    memory.ports.callers = createCallerVerifier(settings, memory.ports.now);
    expect(await enrol({ identityToken: await identityOf() })).toMatchObject({
      status: 503,
      body: { code: 'sign_in_unavailable' },
    });
  });

  it.each([
    ['is adopted at once where its port is known', { port: 7443 }, 1],
    ['is left to a later look where it is not', {}, 0],
  ])('enrols while its extension is still on its way, and %s', async (_, known, operations) => {
    await onlyInAzure();
    memory.extension.states.set(resourceId, { state: 'creating', ...known });
    expect(await enrol({ identityToken: await identityOf() })).toMatchObject({ status: 200 });
    expect(durable.started).toHaveLength(operations);
  });

  it('enrols on a machine that does not meet the requirements; only its adoption waits', async () => {
    await onlyInAzure();
    memory.faults.before('publicDns.checkDelegation', () => {
      throw new AppError('internal_error', 'broken');
    });
    const answer = await enrol({ identityToken: await identityOf() });
    expect(answer.status).toBe(200);
    expect(answer.log.join()).toContain('is not adopted yet');
    expect(durable.started).toEqual([]);
  });
});

describe('other keys by the identity of the machine', () => {
  const at = () => memory.ports.now().toISOString();
  async function enrolled(changes: object): Promise<void> {
    await onlyInAzure();
    await enrol({ identityToken: await identityOf() });
    const found = await agent();
    if (!found) throw new Error('no agent');
    await memory.store.commit(machineId, [{ put: { ...found, ...changes } }]);
  }
  const again = async () => (await enrol({ identityToken: await identityOf() })).status;

  it.each(['identity', 'token'] as const)(
    'are refused while an agent that enrolled by its %s is at work',
    async (enrolledBy) => {
      await enrolled({ enrolledBy, connected: true, lastSeenAt: at(), reportSequence: 5 });
      clock.advance(179_999);
      expect(await again()).toBe(403);
      clock.advance(1);
      expect(await again()).toBe(200);
      expect(await agent()).toMatchObject({ enrolledBy: 'identity', reportSequence: 0 });
      const audits = await memory.store.list(machineId, 'audit', 9);
      const enrolments = audits.filter(
        ({ action, outcome }) => action === 'agent enrol' && outcome === 'succeeded',
      );
      expect(enrolments.map(({ actor, detail }) => `${actor.kind ?? ''} ${detail ?? ''}`)).toEqual([
        'agent by identity, in the place of other keys',
        'agent by identity, for the first time',
      ]);
    },
  );

  it('are on record when they are refused, once a minute', async () => {
    await enrolled({ enrolledBy: 'identity', connected: true, lastSeenAt: at() });
    for (let times = 0; times < 3; times += 1) expect(await again()).toBe(403);
    const audits = await memory.store.list(machineId, 'audit', 9);
    const refused = audits.filter(({ outcome }) => outcome === 'refused');
    expect(refused).toMatchObject([
      { action: 'agent enrol', actor: { kind: 'agent' }, decision: { code: 'enrolment_refused' } },
    ]);
  });

  it('are refused right after others have enrolled, before those were heard of', async () => {
    await enrolled({});
    expect(await again()).toBe(403);
    clock.advance(180_000);
    expect(await again()).toBe(200);
  });

  it('are taken at once when the agent said goodbye', async () => {
    await enrolled({ connected: false, lastSeenAt: at() });
    expect(await again()).toBe(200);
  });

  it('are taken of one of two that come at a time', async () => {
    await onlyInAzure();
    const identityToken = await identityOf();
    const answers = await Promise.all([enrol({ identityToken }), enrol({ identityToken })]);
    expect(answers.map(({ status }) => String(status)).toSorted()).toEqual(['200', '403']);
  });
});

describe('an extension of our own', () => {
  /** Any process of the machine can have its identity token; the enrolment token is in the protected settings alone. */
  it('is enrolled by its token alone: whoever got hold of the identity does not take the place of its agent', async () => {
    await addMachine(memory, { salt: 'of our install', extension: { state: 'installed', port: 6516 } });
    memory.extension.states.set(resourceId, { state: 'succeeded', port: 6516, salt: 'of our install' });
    expect(await enrol({ identityToken: await identityOf() })).toMatchObject(refused);
    expect(await agent()).toBeUndefined();
  });
});

describe('a token and an identity', () => {
  it.each([{}, { token: 'x'.repeat(43), identityToken: 'x'.repeat(43) }])(
    'are not both and not neither: %j',
    async (proof) => {
      expect(await enrol(proof)).toMatchObject({
        status: 400,
        body: { code: 'invalid_request', errors: [{ field: 'token' }, { field: 'identityToken' }] },
      });
    },
  );

  it('is no token of ours: each is refused in the place of the other', async () => {
    await onlyInAzure();
    expect(await enrol({ token: 'x'.repeat(43) })).toMatchObject(refused);
    expect(await enrol({ identityToken: 'x'.repeat(43) })).toMatchObject(refused);
  });
});

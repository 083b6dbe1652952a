import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { request } from 'node:http';
import { SecretClient } from '@azure/keyvault-secrets';
import { ServiceBusAdministrationClient, ServiceBusClient } from '@azure/service-bus';
import { CompactSign } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApiClient } from '#local/main-job/api-client.ts';
import { getPage } from '#local/main-job/open-session-url.ts';
import { createSdkCredential } from '#local/run/credential.ts';
import { encodeBase32 } from '#shared/domain/base32.ts';
import { mintLabel } from '#shared/domain/label.ts';
import { queueNames, secretNames } from '#shared/protocol/resource-names.ts';
import { installOn } from '../support/install.ts';
import { machineAt, type SystemUnderTest, startSystem } from '../support/system.ts';

type SignedIn = ApiClient & { token: string };

describe('what is refused, and how', () => {
  let system: SystemUnderTest;
  let administrator: SignedIn;
  let machineId: string;

  beforeAll(async () => {
    system = await startSystem();
    administrator = await system.as('Administrator');
    ({ machineId } = await installOn(administrator, machineAt(system, 0)));
  });
  afterAll(() => system?.stop());

  const call = async (
    method: string,
    path: string,
    options: { as?: SignedIn; body?: unknown; headers?: object } = {},
  ) => {
    const response = await fetch(`${system.baseUrl}${path}`, {
      method,
      headers: {
        ...(options.as && { authorization: `Bearer ${options.as.token}` }),
        'content-type': 'application/json',
        ...options.headers,
      },
      ...(options.body !== undefined && { body: JSON.stringify(options.body) }),
    });
    const text = await response.text();
    return { status: response.status, body: text ? (JSON.parse(text) as Record<string, unknown>) : {} };
  };

  describe('at the API', () => {
    it('no token is 401', async () => {
      expect(await call('GET', '/api/machines')).toMatchObject({
        status: 401,
        body: { code: 'token_missing', hop: 'sign-in' },
      });
    });

    it('a token that somebody else signed is 401', async () => {
      const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
      const [, payload = ''] = administrator.token.split('.');
      const forged = await new CompactSign(Buffer.from(payload, 'base64url'))
        .setProtectedHeader({ alg: 'RS256', typ: 'JWT' })
        .sign(privateKey);
      const headers = { authorization: `Bearer ${forged}` };
      expect(await call('GET', '/api/machines', { headers })).toMatchObject({
        status: 401,
        body: { code: 'token_invalid' },
      });
    });

    it('a machine that the caller may not see is 404, as if unknown', async () => {
      const stranger = await system.as('Stranger');
      const seen = await call('GET', `/api/machines/${machineId}`, { as: stranger });
      const unknown = await call('GET', `/api/machines/${'a'.repeat(26)}`, { as: stranger });
      expect(seen).toMatchObject({ status: 404, body: { code: 'machine_not_found' } });
      expect(unknown).toMatchObject({ status: 404, body: { code: 'machine_not_found' } });
      expect((await call('GET', '/api/machines', { as: stranger })).body).toMatchObject({
        value: [],
        total: 0,
      });
    });

    it('requirement 90: Owner does not connect, and the refusal names the missing action', async () => {
      const owner = await system.as('Owner');
      expect(
        await call('POST', `/api/machines/${machineId}/sessions`, { as: owner, body: { service: 'WAC' } }),
      ).toMatchObject({
        status: 403,
        body: {
          code: 'access_denied',
          missingAction: 'Microsoft.HybridCompute/machines/WACLoginAsAdmin/action',
        },
      });
    });

    it('requirement 94: the WAC login role with Reader connects', async () => {
      const operator = await system.as('Operator');
      expect((await operator.connect(machineId)).url).toContain('/_session?ticket=');
    });

    it('requirement 95: the WAC login role does not open SSH', async () => {
      const refused = await call('POST', `/api/machines/${machineId}/sessions`, {
        as: administrator,
        body: { service: 'SSH' },
      });
      expect(refused).toMatchObject({ status: 403, body: { code: 'access_denied' } });
    });

    it('a bad field is a 400 that names it', async () => {
      const path = `/api/machines/${machineId}/extension`;
      expect(await call('PUT', path, { as: administrator, body: { port: 70_000 } })).toMatchObject({
        status: 400,
        body: { code: 'invalid_request', errors: [{ field: 'port' }] },
      });
      expect(await call('PUT', path, { as: administrator, body: { port: '6516' } })).toMatchObject({
        status: 400,
      });
      expect(await call('PUT', path, { as: administrator, body: { prot: 6516 } })).toMatchObject({
        status: 400,
        body: { errors: [{ field: 'prot', message: 'is not a field of this request' }] },
      });
      expect(
        await call('POST', '/api/machines', { as: administrator, body: { resourceId: '/subscriptions/x' } }),
      ).toMatchObject({
        status: 400,
        body: { errors: [{ field: 'resourceId' }] },
      });
    });

    it('a body without Content-Length is 411', async () => {
      const { port } = new URL(system.baseUrl);
      const status = await new Promise<number | undefined>((resolve, reject) => {
        const sent = request(
          {
            host: '127.0.0.1',
            port,
            method: 'PUT',
            path: `/api/machines/${machineId}/extension`,
            headers: { authorization: `Bearer ${administrator.token}`, 'transfer-encoding': 'chunked' },
          },
          (response) => {
            response.resume();
            resolve(response.statusCode);
          },
        );
        sent.on('error', reject);
        sent.write('{"port":');
        sent.end('6516}');
      });
      expect(status).toBe(411);
    });

    it('a body over 64 KiB is 413', async () => {
      const body = { resourceId: 'x'.repeat(70_000) };
      expect(await call('POST', '/api/machines', { as: administrator, body })).toMatchObject({
        status: 413,
        body: { code: 'body_too_large' },
      });
    });

    it('a stale If-Match is 412', async () => {
      const answer = await call('PUT', `/api/machines/${machineId}/extension`, {
        as: administrator,
        body: {},
        headers: { 'if-match': '"stale"' },
      });
      expect(answer).toMatchObject({ status: 412, body: { code: 'precondition_failed' } });
    });

    it('the same mutation again answers the running operation, another one is 409', async () => {
      const { id } = await administrator.addMachine(machineAt(system, 1).resourceId);
      const { port } = machineAt(system, 1);
      const [first, second] = await Promise.all([
        administrator.install(id, port),
        administrator.install(id, port),
      ]);
      expect(second.id).toBe(first.id);
      expect(await call('DELETE', `/api/machines/${id}/extension`, { as: administrator })).toMatchObject({
        status: 409,
        body: { code: 'operation_in_progress', operationId: first.id },
      });
      expect((await administrator.follow(first, () => {})).status).toBe('succeeded');
    });
  });

  describe('at the proxy', () => {
    const now = () => Math.floor(Date.now() / 1000);
    const sessionId = () => encodeBase32(randomBytes(10));

    const labelKey = async () => {
      const { endpoint, headers } = system.connection.managedIdentity;
      const vault = new SecretClient(
        system.connection.keyVault.url,
        createSdkCredential(endpoint, headers.deployment),
      );
      const { value = '' } = await vault.getSecret(secretNames.sessionLabelKey);
      return Buffer.from(value, 'base64url');
    };
    const open = async (label: string, machine = machineId) => {
      const { machineName } = await administrator.getMachine(machine);
      return getPage(
        `https://${label}.${machineName}.${system.connection.dns.zone}:${system.connection.sessionPort}/`,
      );
    };
    const mint = async (change: { key?: Buffer; expiresAt?: number; machineName?: string }) => {
      const { machineName } = await administrator.getMachine(machineId);
      return mintLabel(change.key ?? (await labelKey()), change.machineName ?? machineName ?? '', {
        sessionId: sessionId(),
        service: 'WAC',
        expiresAt: change.expiresAt ?? now() + 600,
      });
    };

    it('a good label reaches the machine', async () => {
      expect((await open(await mint({}))).status).toBe(401);
    });

    it.each([
      ['a wrong label', async () => 'not-a-label'],
      ['requirement 74: an expired label', () => mint({ expiresAt: now() - 1 })],
      ['a label under a foreign key', () => mint({ key: randomBytes(32) })],
      ['requirement 75: the label of another machine', () => mint({ machineName: 'a'.repeat(26) })],
    ])('%s is refused with a TLS alert', async (_, label) => {
      await expect(open(await label())).rejects.toThrow(/SSL alert number (49|112)/);
    });
  });

  describe('at the report queue', () => {
    it('a forged report changes nothing', async () => {
      const { connectionString, endpoint } = system.connection.serviceBus;
      const bus = new ServiceBusClient(connectionString, { customEndpointAddress: endpoint });
      const before = await administrator.getMachine(machineId);
      const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      const report = {
        machineId,
        sequence: Number.MAX_SAFE_INTEGER - 1,
        at: new Date().toISOString(),
        agentVersion: '99.0.0',
        kind: 'serving',
        servingThumbprint: '0'.repeat(64),
        relayConnected: false,
        blockedServices: [],
      };
      const jws = await new CompactSign(Buffer.from(JSON.stringify(report)))
        .setProtectedHeader({ alg: 'ES256', typ: 'agent-report+jws' })
        .sign(privateKey);
      await bus
        .createSender(queueNames.agentReports)
        .sendMessages({ body: { jws }, sessionId: machineId, contentType: 'application/json' });
      await bus.close();

      const { endpoint: identity, headers } = system.connection.managedIdentity;
      const admin = new ServiceBusAdministrationClient(
        new URL(endpoint).host,
        createSdkCredential(identity, headers.deployment),
      );
      const counts = () => admin.getQueueRuntimeProperties(queueNames.agentReports);
      await expect.poll(async () => (await counts()).activeMessageCount, { timeout: 15_000 }).toBe(0);
      expect((await counts()).deadLetterMessageCount).toBe(0);
      const after = await administrator.getMachine(machineId);
      expect(after.presence.agentVersion).toBe(before.presence.agentVersion);
      expect(after.presence.connected).toBe(true);
      expect((await administrator.connect(machineId)).sessionId).toHaveLength(16);
    });
  });
});

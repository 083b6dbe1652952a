import { X509Certificate } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { checkCertificateRequest } from '#functions/http/certificate-request-check.ts';
import { type AgentWorld, session, startAgentWorld } from './agent-world.ts';
import { hostOf } from './door-machine.ts';
import { issueForRequest, machineName, zone } from './test-authority.ts';

const hostNames = [`${machineName}.${zone}`, `*.${machineName}.${zone}`];
const requestOf = (id: string) => ({ certificateRequest: { id, hostNames } });

describe('an agent that holds the key of its certificate', () => {
  let world: AgentWorld;
  beforeAll(async () => {
    world = await startAgentWorld();
    world.startAgent();
    await world.waitForReport({ kind: 'serving', servingThumbprint: world.certificate().thumbprint });
  });
  afterAll(() => world.close());

  const leafNow = () => world.running.at(-1)?.tunnel.leafAt(hostOf(session));
  const requestFor = (id: string) => world.requests.findLast((request) => request.id === id)?.request ?? '';
  const keyFiles = () => readdir(join(world.dataDirectory, 'certificate-keys'));

  async function orderOf(id: string): Promise<string> {
    await world.changeState(requestOf(id));
    await vi.waitFor(() => expect(requestFor(id)).not.toBe(''), { timeout: 10_000 });
    return requestFor(id);
  }

  async function deliver(chainPem: string): Promise<string> {
    const thumbprint = world.deliverChain(chainPem);
    await world.changeState({ certificateRequest: undefined });
    await world.waitForReport({ kind: 'serving', servingThumbprint: thumbprint });
    return thumbprint;
  }

  it('sends a request for exactly its names when an order waits for one, and serves the chain that comes of it', async () => {
    const before = world.certificate().thumbprint;
    const request = await orderOf('issue-1');
    checkCertificateRequest(Buffer.from(request, 'base64'), hostNames);
    expect(await leafNow()).toBe(before);
    const thumbprint = await deliver(await issueForRequest(request));
    expect(await leafNow()).toBe(thumbprint);
  });

  it('sends the same request for the same id after a restart, and another one for another id', async () => {
    const first = await orderOf('issue-2');
    const [running] = world.running;
    running?.stop.abort();
    await running?.ended;
    const count = world.requests.length;
    world.startAgent();
    await vi.waitFor(() => expect(world.requests.length).toBeGreaterThan(count), { timeout: 10_000 });
    expect(world.requests.at(-1)).toEqual({ id: 'issue-2', request: first });
    expect(await orderOf('../../issue 3?')).not.toBe(first);
  });

  it('makes one key though several events come at once', async () => {
    const count = (await keyFiles()).length;
    const from = world.requests.length;
    const data = { id: '../../issue 3?' };
    await Promise.all([1, 2, 3].map(() => world.sendEvent('admin-center.certificate.requested', data)));
    await vi.waitFor(() => expect(world.requests.length).toBeGreaterThan(from), { timeout: 10_000 });
    const sent = world.requests.filter(({ id }) => id === data.id).map(({ request }) => request);
    expect(new Set(sent).size).toBe(1);
    expect(await keyFiles()).toHaveLength(count);
  });

  it('takes the key that the leaf is for and not the newest, and forgets older ones alone', async () => {
    const older = requestFor('issue-2');
    expect(await keyFiles()).toHaveLength(3);
    await deliver(await issueForRequest(older));
    await vi.waitFor(async () => expect(await keyFiles()).toHaveLength(2));
    await deliver(await issueForRequest(requestFor('../../issue 3?')));
    await vi.waitFor(async () => expect(await keyFiles()).toHaveLength(1));
  });

  it('refuses a chain for a key that it has forgotten, says so, and goes on serving', async () => {
    const before = await leafNow();
    const from = world.reports.length;
    world.deliverChain(await issueForRequest(requestFor('issue-1')));
    await world.changeState({});
    await world.waitForReport(
      { kind: 'failed', detail: 'the certificate is for a key that is not on this machine' },
      from,
    );
    expect(await leafNow()).toBe(before);
  });

  it('says after a restart which one it serves, though that is not the one on record', async () => {
    const before = await leafNow();
    const from = world.reports.length;
    const running = world.running.at(-1);
    running?.stop.abort();
    await running?.ended;
    world.startAgent();
    await world.waitForReport(
      { kind: 'failed', ...(before !== undefined && { servingThumbprint: before }) },
      from,
    );
    expect(await leafNow()).toBe(before);
  });

  it('answers an order though the certificate on record cannot be served', async () => {
    const thumbprint = await deliver(await issueForRequest(await orderOf('issue-4')));
    expect(await leafNow()).toBe(thumbprint);
  });

  it('goes back to a key from the vault, and keeps none of its own then', async () => {
    await world.renewCertificate();
    await world.changeState({});
    await world.waitForReport({ kind: 'serving', servingThumbprint: world.certificate().thumbprint });
    expect(await leafNow()).toBe(world.certificate().thumbprint);
    await vi.waitFor(async () => expect(await keyFiles()).toEqual([]));
  });

  it('has sent no private key to anybody', async () => {
    const sent = JSON.stringify(world.requests) + world.lines.join('');
    const kept = await readFile(join(world.dataDirectory, 'certificates', `${machineName}.pem`), 'utf8');
    expect(new X509Certificate(kept).checkHost(hostOf(session))).toBe(`*.${machineName}.${zone}`);
    expect(kept).toContain('PRIVATE KEY');
    expect(sent).not.toContain('PRIVATE KEY');
  });
});

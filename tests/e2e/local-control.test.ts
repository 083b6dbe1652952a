import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import type { ApiClient } from '#local/main-job/api-client.ts';
import { getPage, openSessionUrl } from '#local/main-job/open-session-url.ts';
import { installOn } from '../support/install.ts';
import { machineAt, type SystemUnderTest, startSystem } from '../support/system.ts';

describe('the owner of a machine and its azcmagent', () => {
  let system: SystemUnderTest;
  let administrator: ApiClient & { token: string };
  let machineId: string;
  let port: number;

  beforeAll(async () => {
    system = await startSystem();
    administrator = await system.as('Administrator');
    ({ machineId } = await installOn(administrator, machineAt(system, 0)));
    ({ port } = machineAt(system, 0));
  });
  afterAll(() => system?.stop());

  /** At the machine, as its owner. */
  function azcmagent(...args: string[]): string {
    const folder = join(machineAt(system, 0).agentCertificates, '../../root/opt/azcmagent/bin');
    return execFileSync(join(folder, 'azcmagent'), args, { encoding: 'utf8' });
  }
  const ports = () => azcmagent('config', 'get', 'incomingconnections.ports').trim();

  async function call(method: string, path: string, body?: object) {
    const response = await fetch(`${system.baseUrl}/api/machines/${machineId}${path}`, {
      method,
      headers: { authorization: `Bearer ${administrator.token}`, 'content-type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const reply = text === '' ? {} : (JSON.parse(text) as { code?: string });
    return { status: response.status, code: reply.code };
  }
  const connect = () => call('POST', '/sessions', { service: 'WAC' });

  async function openLive() {
    const { url, sessionId } = await administrator.connect(machineId);
    const { cookie } = await openSessionUrl(url);
    const socket = new WebSocket(new URL('/api/live', url).href.replace('https:', 'wss:'), {
      headers: { cookie },
    });
    await once(socket, 'message');
    return { url, cookie, socket, sessionId };
  }

  it('requirements 38 and 39: incomingconnections.enabled false cuts live sessions, and connect is refused with the reason', async () => {
    const { url, cookie, socket, sessionId } = await openLive();
    const cut = once(socket, 'close');
    azcmagent('config', 'set', 'incomingconnections.enabled', 'false');
    await cut;
    await expect.poll(connect, { timeout: 20_000 }).toEqual({ status: 403, code: 'remote_access_disabled' });

    // Nothing that the cloud does opens it.
    await call('PUT', '/endpoint/serviceConfigurations/WAC', { properties: { serviceName: 'WAC', port } });
    await call('POST', '/repairs');
    expect(await connect()).toEqual({ status: 403, code: 'remote_access_disabled' });

    azcmagent('config', 'set', 'incomingconnections.enabled', 'true');
    await expect.poll(async () => (await connect()).status, { timeout: 30_000 }).toBe(201);
    // What was cut is over: refused by the agent, or by its door where a repair brought another agent.
    const page = await getPage(new URL('/', url).href, { cookie }).then(
      ({ status }) => status,
      () => 'refused',
    );
    expect([401, 'refused']).toContain(page);
    const ended = await fetch(`${system.baseUrl}/api/machines/${machineId}/sessions/${sessionId}`, {
      headers: { authorization: `Bearer ${administrator.token}` },
    });
    expect(await ended.json()).toMatchObject({ end: { reason: 'local_policy' } });
  });

  it('requirements 40-42: a port that is taken off the list is not reached, and one that is added keeps the others', async () => {
    expect(ports()).toBe(`22,${port}`);
    const { socket } = await openLive();
    const cut = once(socket, 'close');
    azcmagent('config', 'set', 'incomingconnections.ports', '22');
    await cut;
    await expect.poll(connect, { timeout: 20_000 }).toEqual({ status: 403, code: 'port_not_allowed' });
    azcmagent('config', 'set', 'incomingconnections.ports', `22,${port}`);
    expect(azcmagent('config', 'list')).toMatch(
      new RegExp(String.raw`incomingconnections\.ports \(preview\) +: 22,${port}`),
    );
    await expect.poll(async () => (await connect()).status, { timeout: 30_000 }).toBe(201);
  });
});

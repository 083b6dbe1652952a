import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { ServiceBusAdministrationClient } from '@azure/service-bus';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemClock } from '#local/kit/clock.ts';
import { createLocalRoot, issueServerIdentity } from '#local/kit/local-authority.ts';
import { openStore } from '#local/kit/store.ts';
import { createServiceBus, type ServiceBus } from '#local/service-bus/service-bus.ts';
import { topicNames } from '#shared/protocol/resource-names.ts';

const root = join(import.meta.dirname, '..', '..', '..');
const busHost = 'local.servicebus.localhost';
const folder = mkdtempSync(join(tmpdir(), 'proxy-process-'));
const caFile = join(folder, 'ca.pem');
let bus: ServiceBus;
let isStateReadable = false;
const asked: string[] = [];

/** Managed identity (App Service form) and the control plane's state on one port. */
const web = createServer((request: IncomingMessage, response: ServerResponse) => {
  const url = new URL(request.url ?? '/', 'http://localhost');
  const json = (status: number, body: object) => {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(body));
  };
  if (url.pathname === '/identity') {
    const resource = url.searchParams.get('resource') ?? '';
    const expires_on = String(Math.floor(Date.now() / 1000) + 86_400);
    return json(200, { access_token: `token for ${resource}`, expires_on, resource, token_type: 'Bearer' });
  }
  asked.push(`${request.url} ${request.headers.authorization}`);
  if (!isStateReadable) return json(503, {});
  return json(200, { zone: 'wac.localhost', labelKeys: ['AAAA'], revokedSessions: [] });
});

beforeAll(async () => {
  const authority = await createLocalRoot(Date.now());
  setDefaultCACertificates([...getCACertificates('default'), authority.cert]);
  writeFileSync(caFile, authority.cert);
  bus = await createServiceBus({
    clock: systemClock,
    store: openStore(':memory:'),
    port: 0,
    tls: await issueServerIdentity(authority, [busHost], Date.now()),
    namespace: 'local',
    rootKey: { name: 'root', key: 'key' },
    verifyToken: async () => ({ oid: 'proxy', exp: Math.floor(Date.now() / 1000) + 3600 }),
  });
  const credential = {
    getToken: async () => ({ token: 'test', expiresOnTimestamp: Date.now() + 3_600_000 }),
  };
  await new ServiceBusAdministrationClient(`${busHost}:${bus.port}`, credential).createTopic(
    topicNames.proxyControl,
  );
  web.listen(0, '127.0.0.1');
  await once(web, 'listening');
});
afterAll(async () => {
  web.close();
  await bus.close();
  rmSync(folder, { recursive: true });
});

function start(env: Record<string, string>): { child: ChildProcess; lines: string[]; errors: string[] } {
  const child = spawn(process.execPath, ['--import', './local/kit/preload.mjs', 'proxy/main.ts'], {
    cwd: root,
    env: { PATH: process.env['PATH'], ADMIN_CENTER_LOCAL_CA_FILE: caFile, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [lines, errors]: [string[], string[]] = [[], []];
  createInterface({ input: child.stdout }).on('line', (line) => lines.push(line));
  createInterface({ input: child.stderr }).on('line', (line) => errors.push(line));
  return { child, lines, errors };
}

const eventsIn = (lines: string[]) => lines.map((line) => (JSON.parse(line) as { event: string }).event);

test('listens only after it has subscribed and read the state, and ends with 0 when asked to', async () => {
  const origin = `http://127.0.0.1:${(web.address() as AddressInfo).port}`;
  const { child, lines } = start({
    ADMIN_CENTER_API_URL: origin,
    ADMIN_CENTER_API_AUDIENCE: 'api://admin-center',
    ADMIN_CENTER_RELAY_HOST: 'local.relay.localhost',
    ADMIN_CENTER_SERVICE_BUS_HOST: busHost,
    ADMIN_CENTER_SERVICE_BUS_ENDPOINT: `https://${busHost}:${bus.port}`,
    ADMIN_CENTER_PROXY_LISTEN: '127.0.0.1:0',
    IDENTITY_ENDPOINT: `${origin}/identity`,
    IDENTITY_HEADER: 'header',
  });
  await expect.poll(() => asked.length, { timeout: 20_000 }).toBeGreaterThan(1);
  expect(eventsIn(lines)).not.toContain('proxy.listened');
  expect(asked[0]).toBe('/api/proxy/state Bearer token for api://admin-center');

  isStateReadable = true;
  await expect.poll(() => eventsIn(lines), { timeout: 20_000 }).toContain('proxy.listened');
  const order = eventsIn(lines).filter((event) => /subscribed|state_read|listened/.test(event));
  expect(order).toEqual(['proxy.subscribed', 'proxy.state_read', 'proxy.listened']);
  const { port } = JSON.parse(lines.at(-1) ?? '{}') as { port: number };
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');

  child.kill('SIGTERM');
  const [code] = (await once(child, 'exit')) as [number];
  expect(code).toBe(0);
  await expect.poll(() => eventsIn(lines)).toContain('process.stopped');
  expect(lines.join('')).not.toContain('token for');
});

test('ends with 1 and every fault of its environment', async () => {
  const { child, errors, lines } = start({ ADMIN_CENTER_API_URL: 'nowhere', ADMIN_CENTER_RELAYHOST: 'x' });
  const [code] = (await once(child, 'close')) as [number];
  expect(code).toBe(1);
  expect(errors).toHaveLength(5);
  expect(lines).toEqual([]);
});
